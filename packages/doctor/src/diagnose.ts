import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Annotations } from '@payi/core';
import { checkConnection } from './checks/connection.ts';
import { checkLimits, checkUseCases } from './checks/limits.ts';
import { checkLoaded, checkPackages } from './checks/packages.ts';
import { checkAddress, checkKey, checkSettings, type Settings } from './checks/settings.ts';
import { error, type Finding, ok } from './finding.ts';
import { maskReport, secretsOf } from './mask.ts';
import type { DoctorOptions } from './options.ts';
import type { DoctorReport, SettingsReport } from './report.ts';
import { type ExaminationResult, runExamination } from './run-examination.ts';
import { version } from './version.ts';

/**
 * Looks at everything that the options name, and reports. Asks Pay-i questions that record nothing, unless `offline`;
 * nothing else leaves the machine.
 *
 * @returns Never rejects for what it finds.
 */
export async function diagnose(options: DoctorOptions = {}): Promise<DoctorReport> {
  const directory = resolve(options.directory ?? '.');
  const settings = checkSettings(process.env);
  // Those that the module gets, where there is one: it may lie in another package of a workspace.
  const packages = checkPackages(
    options.module === undefined ? directory : dirname(resolve(directory, options.module)),
  );
  const examined = await examine(options, directory);
  const payi = payiOf(settings, examined);

  const isOnline = options.offline !== true && payi.baseUrl !== undefined;
  const connection = isOnline
    ? await checkConnection(
        payi.baseUrl as string,
        payi.apiKey,
        settings.report.proxyVariables,
        undefined,
        settingOf(payi.report.baseUrl.source),
      )
    : undefined;
  const usableKey = connection?.isUsable ? payi.apiKey : undefined;
  const named = annotationsOf(examined);
  const limitIds = [...named.flatMap(({ limitIds }) => limitIds ?? []), ...(options.limits ?? [])];
  const useCaseNames = [
    ...named.flatMap(({ useCaseName }) => useCaseName ?? []),
    ...(options.useCases ?? []),
  ];
  const [limits, useCases] = await Promise.all([
    checkLimits([...new Set(limitIds)], payi.baseUrl, usableKey),
    checkUseCases([...new Set(useCaseNames)], payi.baseUrl, usableKey),
  ]);

  const findings = [
    checkNode(),
    ...payi.findings,
    ...packages.findings,
    ...checkLoaded(examined?.files ?? []),
    ...(connection?.findings ?? []),
    ...(examined?.findings ?? []),
    ...limits.findings,
    ...useCases.findings,
  ];
  const report: DoctorReport = {
    doctor: version,
    node: process.version,
    settings: payi.report,
    packages: packages.packages,
    ...(connection && { connection: connection.report }),
    ...(examined?.client && { client: examined.client }),
    ...(examined?.dryRun && { dryRun: examined.dryRun }),
    limits: limits.limits,
    useCases: useCases.useCases,
    findings: sorted(unique(findings)),
    healthy: !findings.some(({ level }) => level === 'error'),
  };
  return maskReport(report, [...secretsOf(process.env), ...payi.secrets, ...(examined?.secrets ?? [])]);
}

function checkNode(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major >= 22) return ok('NODE', `Node.js ${process.version}`);
  return error('NODE_UNSUPPORTED', `Node.js ${process.version} is not supported`, 'Use Node.js 22 or later.');
}

async function examine(options: DoctorOptions, directory: string): Promise<ExaminationResult | undefined> {
  if (options.module === undefined) return undefined;
  const modulePath = resolve(directory, options.module);
  if (!statSync(modulePath, { throwIfNoEntry: false })?.isFile()) {
    const fix = 'Name a file, with its extension, relative to the working directory.';
    const findings = [error('NO_MODULE', `there is no file ${options.module}`, fix)];
    return { client: undefined, dryRun: undefined, findings, files: [], payi: undefined, secrets: [] };
  }
  const { exportName, operation, model, annotations, headersExport } = options;
  return runExamination(
    { modulePath, exportName, operation, model, annotations, headersExport },
    { directory, timeoutMs: options.timeoutMs ?? 20_000 },
  );
}

/** What names the base URL, for people. */
function settingOf(source: SettingsReport['baseUrl']['source']): string {
  if (source === 'client') return 'baseUrl of createPayi()';
  return source === 'default' ? 'PAYI_BASE_URL' : source;
}

interface PayiInUse {
  readonly report: SettingsReport;
  readonly baseUrl: string | undefined;
  /** One that may be sent to Pay-i. */
  readonly apiKey: string | undefined;
  readonly secrets: readonly string[];
  readonly findings: readonly Finding[];
}

/** The Pay-i of the client, where it has one: what it was given counts, not what the environment says. */
function payiOf(settings: Settings, examined: ExaminationResult | undefined): PayiInUse {
  const client = examined?.client;
  const own = client?.route === undefined ? undefined : examined?.payi;
  const apiKey = own?.apiKey ?? settings.apiKey;
  const baseUrl = own?.baseUrl ?? settings.baseUrl;
  const isOwnKey = apiKey !== undefined && apiKey !== settings.apiKey;
  const isOwnBase = baseUrl !== undefined && baseUrl !== settings.baseUrl;
  const keyFindings = isOwnKey ? checkKey('apiKey of createPayi()', apiKey) : settings.findings.apiKey;
  const baseFindings = isOwnBase
    ? checkAddress(baseUrl, 'baseUrl of createPayi()')
    : settings.findings.baseUrl;
  const needsNoKey = apiKey === undefined && client?.route === 'headers';
  return {
    report: {
      ...settings.report,
      ...(isOwnKey && { apiKey: { source: 'client' } }),
      ...(isOwnBase && { baseUrl: { value: baseUrl, source: 'client' } }),
    },
    baseUrl,
    apiKey: keyFindings.some(({ level }) => level === 'error') ? undefined : apiKey,
    secrets: [apiKey, settings.apiKey].filter((key) => key !== undefined),
    findings: [
      ...(needsNoKey ? [] : keyFindings),
      // Route headers does not use the address.
      ...baseFindings.filter(({ code }) => client?.route !== 'headers' || code !== 'DEFAULT_BASE_URL'),
    ],
  };
}

/** All annotations that the module names, and not those that are the doctor's own. */
function annotationsOf(examined: ExaminationResult | undefined): Annotations[] {
  const { client, dryRun } = examined ?? {};
  const own = dryRun?.isExample ? undefined : [dryRun?.annotations, dryRun?.arrived?.annotations];
  return [...(own ?? []), client?.defaults].filter((annotations) => annotations !== undefined);
}

function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, message }) => {
    const key = `${code} ${message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

const rank = { error: 0, warning: 1, ok: 2 };

function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => rank[a.level] - rank[b.level]);
}
