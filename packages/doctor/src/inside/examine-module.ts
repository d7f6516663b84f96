/** Runs in a process of its own, confined by confine-process.ts: imports the module, and looks at the client in it. */
import { pathToFileURL } from 'node:url';
import { meteredOperations } from '@payi/bedrock/adapter';
import { createPayi } from '@payi/core';
import { type Registration, registrationsOf } from '@payi/core/adapter';
import { error, type Finding, warning } from '../finding.ts';
import type { ClientReport } from '../report.ts';
import { examineBedrock, operationToRehearse, rehearseBedrock } from './bedrock.ts';
import { apiKeyOf, type FetchClient } from './clients.ts';
import { confinement, type Phase } from './confinement.ts';
import { examineFetchClient, rehearseFetchClient } from './fetch-client.ts';
import { type FoundClient, findClients } from './find-client.ts';
import { type GivenHeaders, givenHeaders } from './given-headers.ts';
import type { Examination, ExaminationMessage } from './messages.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import { findingOf } from './thrown.ts';

const examination = JSON.parse(process.argv[2] ?? '{}') as Examination;
const { modulePath } = examination;
const state = confinement();

function tell(message: ExaminationMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}

function enter(phase: Phase): Promise<void> {
  state.phase = phase;
  return tell({ kind: 'phase', phase });
}

// What the module leaves running must not end the examination.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    if (/payi-doctor lets no connection/.test(String((thrown as Error | undefined)?.message))) return;
    const { message } = findingOf(thrown, 'the module left an error that nobody catches');
    const fix = 'It would end your process. Catch it where it comes from.';
    void tell({ kind: 'findings', findings: [warning('MODULE_LEAKS_ERROR', message, fix)] });
  });
}

async function examine(): Promise<void> {
  await enter('import');
  const namespace = await importModule();
  await enter('client');
  const found = await findClient(namespace);
  await tell({ kind: 'files', files: [...state.files] });
  if (found === undefined) return;
  const { report, registration, findings } = await examineClient(found);
  await tell({ kind: 'client', client: { exportName: found.exportName, ...report } });
  await tell({ kind: 'findings', findings: [...findings, ...earlyCalls(report)] });
  const payi = registration?.payi;
  await tell({
    kind: 'payi',
    baseUrl: payi?.baseUrl ?? baseUrlOfEnvironment(),
    apiKey: payi && apiKeyOf(payi),
    secrets: secretsOf(found),
  });
  await enter('dry-run');
  await dryRun(found, report, registration, namespace);
}

async function importModule(): Promise<Record<string, unknown>> {
  // What the doctor itself has loaded is not the module's.
  state.files.clear();
  try {
    return (await import(pathToFileURL(modulePath).href)) as Record<string, unknown>;
  } catch (thrown) {
    await tell({ kind: 'findings', findings: earlyCalls(undefined) });
    await reportConnections();
    await fail(findingOf(thrown, 'the module could not be imported', 'IMPORT_FAILED', importFix(thrown)));
  }
  throw new Error('unreachable');
}

function importFix(thrown: unknown): string {
  const { code, name, message } = (thrown ?? {}) as Record<string, unknown>;
  const withLoader =
    "Node.js itself only strips types. Use a loader that you have: NODE_OPTIONS='--import tsx' npx payi-doctor …, or name the built file.";
  switch (code) {
    case 'ERR_UNKNOWN_FILE_EXTENSION':
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return withLoader;
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      return `Install what is missing, and run the doctor where the module runs. ${/\.[cm]?ts$/.test(modulePath) ? withLoader : ''}`.trim();
    default:
      // What Node.js says of a file with `import` or `export` where the nearest package.json has "type": "commonjs".
      if (
        name === 'SyntaxError' &&
        /import statement outside a module|token 'export'/.test(String(message))
      ) {
        return 'Call the file .mjs, or .mts for TypeScript; or put "type": "module" into the package.json next to it, where npm init writes "commonjs".';
      }
      return name === 'SyntaxError' && /\.([cm]?ts|[jt]sx)$/.test(modulePath)
        ? withLoader
        : 'Import the same file with node to see the whole error; or export the client, or a function that makes it, from a module of its own.';
  }
}

async function findClient(namespace: Record<string, unknown>): Promise<FoundClient | undefined> {
  const { exportName } = examination;
  let search: Awaited<ReturnType<typeof findClients>>;
  try {
    search = await findClients(namespace, exportName);
  } catch (thrown) {
    await reportConnections();
    const fix =
      'Name an export that is a client, or a function that needs no arguments to make one, with --export.';
    return fail(findingOf(thrown, 'the function that makes the client failed', 'CLIENT_FAILED', fix));
  }
  const { clients, others, exportNames } = search;
  const [first, ...rest] = clients.toSorted((a, b) => preference(a) - preference(b));
  if (first === undefined) {
    const names = exportNames.join(', ') || 'nothing';
    const [other] = others;
    return fail(
      other === undefined
        ? error(
            'NO_CLIENT',
            exportName === undefined
              ? `the module exports no BedrockRuntimeClient, OpenAI or Anthropic client; it exports ${names}`
              : `the export ${exportName} is no BedrockRuntimeClient, OpenAI or Anthropic client and makes none; the module exports ${names}`,
            'Export the client as default, or by a name, or export a function that makes it and name that with --export.',
          )
        : error(
            'UNSUPPORTED_CLIENT',
            `the export ${other.exportName} is a client of the AWS service ${other.serviceId}, which Pay-i does not meter`,
            'Use a BedrockRuntimeClient or BedrockRuntime of @aws-sdk/client-bedrock-runtime.',
          ),
    );
  }
  if (rest.length > 0) {
    const others = rest.map((client) => client.exportName).join(', ');
    const message = `the module has more than one client; looked at ${first.exportName}, not at ${others}`;
    const finding = warning('MORE_CLIENTS', message, 'Name the other ones, one at a time, with --export.');
    await tell({ kind: 'findings', findings: [finding] });
  }
  return first;
}

/** The default export before others, and clients with Pay-i before those without. */
function preference(found: FoundClient): number {
  const hasPayi = registrationsOf(found.client).length > 0;
  return (found.exportName === 'default' ? 0 : 2) + (hasPayi ? 0 : 1);
}

interface Examined {
  readonly report: Omit<ClientReport, 'exportName'>;
  /** That of the operation to rehearse. */
  readonly registration: Registration | undefined;
  readonly findings: readonly Finding[];
}

async function examineClient(found: FoundClient): Promise<Examined> {
  if (found.provider !== 'bedrock') return examineFetchClient(found as never);
  const { registrations, ...examined } = await examineBedrock(found.client);
  const operation = operationToRehearse(examination.operation, examined.report.operations?.registered ?? []);
  // The oldest that names the operation is in force, as @payi/bedrock has it.
  const registration = registrations.find(({ operations }) => operations?.has(operation)) ?? registrations[0];
  return { ...examined, registration };
}

const providerHosts = /^bedrock-runtime[.-]|^api\.openai\.com$|\.openai\.azure\.com$|^api\.anthropic\.com$/;

/**
 * Calls that went to the provider itself while the module was imported, although the client goes by Pay-i now.
 *
 * @param report - `undefined` when the module did not get as far as to export a client.
 */
function earlyCalls(report: Omit<ClientReport, 'exportName'> | undefined): Finding[] {
  const own =
    report?.endpoint !== undefined && URL.canParse(report.endpoint) ? new URL(report.endpoint) : undefined;
  const ownPort = Number(own?.port || (own?.protocol === 'https:' ? 443 : 80));
  const early = state.attempts.filter(
    ({ host, port, phase }) =>
      phase !== 'dry-run' && (providerHosts.test(host) || (host === own?.hostname && port === ownPort)),
  );
  const [first] = early;
  if (first === undefined || (report !== undefined && report.route !== undefined && report.route !== 'proxy'))
    return [];
  const others = state.attempts.filter((attempt) => !early.includes(attempt));
  state.attempts.splice(0, state.attempts.length, ...others);
  const remedies = {
    bedrock: 'Call registerBedrockClientCallbacks() right after the client is made, before any call of it.',
    openai: 'Make every call with the client that withPayi() returns, not with the one given to it.',
  };
  const isBedrock = (report?.provider ?? 'bedrock') === 'bedrock' && !/openai|anthropic/.test(first.host);
  return [
    error(
      'CALL_BEFORE_REGISTRATION',
      `while the module was imported, a call went to the provider without Pay-i (${first.host}): it was not annotated, and not metered`,
      isBedrock ? remedies.bedrock : remedies.openai,
    ),
  ];
}

function baseUrlOfEnvironment(): string {
  try {
    return createPayi().baseUrl;
  } catch {
    return 'https://api.pay-i.com';
  }
}

/** Keys that the client holds in its own members. */
function secretsOf({ client }: FoundClient): string[] {
  const { apiKey, awsSecretKey, awsSecretAccessKey, awsSessionToken } = client as unknown as FetchClient;
  return [apiKey, awsSecretKey, awsSecretAccessKey, awsSessionToken].filter(
    (value) => typeof value === 'string',
  );
}

async function dryRun(
  found: FoundClient,
  report: Omit<ClientReport, 'exportName'>,
  registration: Registration | undefined,
  namespace: Record<string, unknown>,
): Promise<void> {
  const { journal, offline } = registration?.payi.deliveryOptions ?? {};
  if (journal !== undefined || offline !== undefined) {
    const message =
      'no dry run: the client delivers by a journal, or a file, of the application, which the doctor leaves alone';
    const fix =
      'Export a client without delivery.journal and delivery.offline for the doctor, with --export.';
    await tell({ kind: 'findings', findings: [warning('DRY_RUN_SKIPPED', message, fix)] });
    return;
  }
  const given = await givenHeaders(examination, namespace);
  await tell({ kind: 'findings', findings: given.findings });
  if (given.headers === undefined) return;
  if (examination.operation !== undefined && found.provider !== 'bedrock') {
    const message = `--operation ${examination.operation} is for Bedrock clients, and was not heeded`;
    const fix = 'Leave it out: the dry run makes the call that these clients are for.';
    await tell({ kind: 'findings', findings: [warning('OPTION_IGNORED', message, fix)] });
  }
  let rehearsal: Rehearsal;
  const model = examination.model ?? defaultModels[found.provider];
  const operation = operationOf(found, report);
  const payiBaseUrl = registration?.payi.baseUrl ?? baseUrlOfEnvironment();
  try {
    rehearsal =
      found.provider === 'bedrock'
        ? await rehearseBedrock(found.client, operation, model, modulePath, registration, payiBaseUrl)
        : await rehearseFetchClient(found as never, model, payiBaseUrl);
  } catch (thrown) {
    const fix = `Operations with a dry run: ${meteredOperations.join(', ')}, and those that take a model and no more.`;
    await fail(findingOf(thrown, `no dry run of ${operation}`, 'DRY_RUN_FAILED', fix));
    return;
  }
  const { dryRun, findings } = await rehearse(rehearsal, given as GivenHeaders, {
    operation,
    model,
    registration,
  });
  await tell({ kind: 'dry-run', dryRun });
  await tell({ kind: 'findings', findings });
}

const defaultModels = {
  bedrock: 'amazon.nova-lite-v1:0',
  openai: 'gpt-4o-mini',
  anthropic: 'claude-sonnet-4-5',
};

function operationOf({ provider }: FoundClient, { operations }: Omit<ClientReport, 'exportName'>): string {
  if (provider !== 'bedrock') return provider === 'openai' ? 'chat.completions.create' : 'messages.create';
  return operationToRehearse(examination.operation, operations?.registered ?? []);
}

/** Connections that the module tried to open of itself. */
async function reportConnections(): Promise<void> {
  const refused = state.attempts.filter(({ isLocal, phase }) => !isLocal && phase !== 'dry-run');
  const targets = [
    ...new Set(refused.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`))),
  ];
  if (targets.length === 0) return;
  const message = `the module tried to reach ${targets.join(', ')} when it was imported; the doctor let nothing out`;
  const fix =
    'If the client needs what it asked for, export a client, or a function that makes one, which does without, and name it with --export.';
  await tell({ kind: 'findings', findings: [warning('MODULE_CONNECTS', message, fix)] });
}

async function fail(finding: Finding): Promise<undefined> {
  await tell({ kind: 'findings', findings: [finding] });
  await end();
  return undefined;
}

async function end(): Promise<void> {
  await tell({ kind: 'end' });
  process.exit(0);
}

try {
  await examine();
  await reportConnections();
} catch (thrown) {
  await tell({
    kind: 'findings',
    findings: [
      findingOf(thrown, 'the doctor itself failed', 'INTERNAL_FAULT', 'Please report it, with what you ran.'),
    ],
  });
}
await end();
