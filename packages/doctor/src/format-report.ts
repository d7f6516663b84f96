import { styleText } from 'node:util';
import type { Finding } from './finding.ts';
import type { ClientReport, DoctorReport, DryRunReport, LimitReport, UseCaseReport } from './report.ts';

type Format = Parameters<typeof styleText>[0];
type Paint = (format: Format, text: string) => string;

/** The report for people. Ends with the findings, and those with what to do. */
export function formatReport(report: DoctorReport, isColored: boolean): string {
  const paint: Paint = (format, text) =>
    isColored ? styleText(format, text, { validateStream: false }) : text;
  const sections: [string, string[]][] = [
    [`payi-doctor ${report.doctor}, Node.js ${report.node}`, formatSettings(report)],
    [
      'Packages',
      report.packages.map(
        ({ name, version, supported }) =>
          `${name} ${version}${supported === false ? ' (not supported)' : ''}`,
      ),
    ],
    ['Connection', formatConnection(report)],
    ['Client', report.client === undefined ? [] : formatClient(report.client)],
    ['Dry run', report.dryRun === undefined ? [] : formatDryRun(report.dryRun)],
    ['Limits', formatLimits(report)],
    ['Use cases', report.useCases.map(formatUseCase)],
  ];
  const parts = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) =>
      [paint('bold', title), ...lines.map((line) => `  ${printable(line)}`)].join('\n'),
    );
  const findings = report.findings.map((finding) => formatFinding(finding, paint));
  return `${[...parts, [paint('bold', 'Findings'), ...findings].join('\n'), summary(report, paint)].join('\n\n')}\n`;
}

/** Values of others must not move the cursor. Line ends are those of this file. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

function formatSettings({ settings: { apiKey, baseUrl, proxyVariables } }: DoctorReport): string[] {
  const sources: Record<string, string> = {
    none: 'none',
    client: 'given to createPayi() by the module',
    default: 'the default',
  };
  return [
    `key       ${apiKey.source === 'none' ? 'none' : `from ${sources[apiKey.source] ?? apiKey.source}`}`,
    `base URL  ${baseUrl.value} (${sources[baseUrl.source] ?? baseUrl.source})`,
    ...(proxyVariables.length > 0 ? [`proxies   ${proxyVariables.join(', ')} set`] : []),
  ];
}

function formatConnection({ connection }: DoctorReport): string[] {
  if (connection === undefined) return [];
  const { url, addresses, lookupMs, connectMs, tlsMs, status, answerMs } = connection;
  const step = (name: string, ms: number | undefined): string[] =>
    ms === undefined ? [] : [`${name} ${ms} ms`];
  const steps = [
    ...step('lookup', lookupMs),
    ...step('connect', connectMs),
    ...step('TLS', tlsMs),
    ...(status === undefined ? [] : [`HTTP ${status} after ${answerMs} ms`]),
  ];
  return [
    `${url}${addresses === undefined ? '' : ` (${addresses.join(', ')})`}`,
    ...(steps.length > 0 ? [steps.join(', ')] : []),
  ];
}

function formatClient(client: ClientReport): string[] {
  const { operations, middleware = [], requestHandler, defaults = {} } = client;
  const marks = { payi: 'Pay-i', sdk: '', application: 'application' };
  const width = Math.max(0, ...middleware.map(({ name }) => name.length));
  return [
    `${client.className}, export ${client.exportName}${client.endpoint === undefined ? '' : `, to ${client.endpoint}`}`,
    client.route === undefined ? 'has no Pay-i' : `route ${client.route}, by ${client.payiBaseUrl}`,
    ...(Object.keys(defaults).length > 0 ? [`defaults ${JSON.stringify(defaults)}`] : []),
    ...(operations === undefined
      ? []
      : [
          `registered      ${operations.registered.join(', ') || 'none'}`,
          `not registered  ${operations.unregistered.join(', ') || 'none'}`,
        ]),
    ...(requestHandler === undefined
      ? []
      : [`request handler ${requestHandler.name} (${requestHandler.protocol})`]),
    ...(middleware.length > 0 ? ['middleware, in the order of a call:'] : []),
    ...middleware.map(({ name, step, owner, isSigner }) =>
      `  ${name.padEnd(width)}  ${step.padEnd(15)}  ${isSigner ? '── signs ──' : marks[owner]}`.trimEnd(),
    ),
  ];
}

function formatDryRun({
  operation,
  model,
  annotations,
  isExample,
  request,
  arrived,
  receipt,
  error,
}: DryRunReport): string[] {
  const signed = new Set(request?.signedHeaders.map((name) => name.toLowerCase()));
  const headers = Object.entries(request?.headers ?? {});
  const width = Math.max(0, ...headers.map(([name]) => name.length));
  return [
    `${operation} of ${model}, answered on this machine with throwaway credentials`,
    `annotations ${JSON.stringify(annotations)}${isExample ? " (the doctor's own, for an example)" : ''}`,
    ...(request === undefined
      ? ['nothing was sent']
      : [
          `${request.method} ${request.url}`,
          ...headers.map(
            ([name, value]) =>
              `  ${signed.has(name.toLowerCase()) ? 'signed' : '      '}  ${name.padEnd(width)}  ${value}`,
          ),
          ...request.signedHeaders
            .filter((name) => !headers.some(([sent]) => sent.toLowerCase() === name))
            .map((name) => `  signed  ${name.padEnd(width)}  (put back behind Pay-i)`),
          `  ${request.bodyBytes} bytes of body`,
        ]),
    ...(arrived === undefined
      ? []
      : [
          `arrived at ${arrived.at === 'pay-i' ? 'Pay-i' : 'the provider or gateway'}: ${arrived.payiHeaders.join(', ') || 'no xProxy-* header'}`,
          `  which say ${JSON.stringify(arrived.annotations)}`,
          ...(arrived.signature === 'none' ? [] : [`  AWS signature at the provider: ${arrived.signature}`]),
        ]),
    ...(receipt === undefined
      ? []
      : [
          `receipt: ${receipt.outcome}, ${receipt.category} ${receipt.resource}, units ${JSON.stringify(receipt.units)}, ${receipt.attempts} attempt${receipt.attempts === 1 ? '' : 's'}`,
        ]),
    ...(error === undefined ? [] : [`the caller would have caught: ${error.name}: ${error.message}`]),
  ];
}

function formatLimits({ limits, dryRun, connection }: DoctorReport): string[] {
  if (limits.length === 0) {
    if (dryRun === undefined) return [];
    return [
      dryRun.isExample
        ? 'none in the example; give your own annotations with --annotations or --headers'
        : 'the call names none',
    ];
  }
  const isUnasked = connection === undefined || limits.every(({ live }) => live === undefined);
  return [
    ...limits.map(formatLimit),
    ...(isUnasked ? ['How they stand could not be asked: that needs Pay-i, and a key that it accepts.'] : []),
  ];
}

function formatLimit({ id, live }: LimitReport): string {
  if (live === undefined) return id;
  const { name, type, max, spent } = live;
  const stand = max === undefined || spent === undefined ? '' : `, $${spent} of $${max} spent`;
  return `${id}${name === undefined ? '' : ` (${name})`}: ${type ?? 'unknown type'}${stand}`;
}

function formatUseCase({ name, exists }: UseCaseReport): string {
  return exists === undefined
    ? `${name}: could not be asked for`
    : `${name}: ${exists ? 'exists' : 'unknown'}`;
}

const symbols = { error: '✖', warning: '▲', ok: '✔' };
const colors: Record<Finding['level'], Format> = { error: 'red', warning: 'yellow', ok: 'green' };

function formatFinding({ level, code, message, fix }: Finding, paint: Paint): string {
  const head = `  ${paint(colors[level], `${symbols[level]} ${level}`)} ${code}: ${printable(message)}`;
  return fix === undefined || fix === '' ? head : `${head}\n    ${paint('bold', 'Fix:')} ${printable(fix)}`;
}

function summary({ findings }: DoctorReport, paint: Paint): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const errors = count('error');
  const warnings = count('warning');
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const text = `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`;
  return paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', text);
}
