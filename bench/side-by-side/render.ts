import { markdownTable } from '../harness/format.ts';
import { renderMachine } from '../harness/machine.ts';
import { bareName, columns } from './columns.ts';
import { losses } from './losses.ts';
import { type Provider, providers } from './providers.ts';
import type { Results } from './results.ts';

/** The one table: a row for each contestant, a group of rows for each provider. */
export function renderTable(results: Results): string {
  const rows = providers.flatMap((provider) => [
    [`**${provider.name}**`, ...columns.map(() => '')],
    ...provider.contestants.map((contestant) => [
      contestant.name === bareName ? `${bareName} (\`${provider.sdk}\`)` : contestant.name,
      ...columns.map((column) => column.cell(results, provider, contestant)),
    ]),
  ]);
  const alone = [
    ['`@payi/core` alone: creating headers', '@payi/core'],
    [
      'OpenTelemetry SDK, which spans need besides',
      '@opentelemetry/sdk-trace @opentelemetry/context-async-hooks @opentelemetry/api',
    ],
  ] as const;
  const others = alone.map(([name, packages]) => {
    const contestant = { name, packages: packages.split(' '), load: () => unused() };
    return [name, ...columns.map((column) => column.cell(results, nobody, contestant))];
  });
  return markdownTable(
    ['', ...columns.map(({ heading }) => heading)],
    [...rows, ['**Packages**', ...columns.map(() => '')], ...others],
  );
}

const nobody: Provider = { name: 'nobody', sdk: '', contestants: [] };
const unused = (): never => {
  throw new Error('it is not measured by calls');
};

/** Which checks of the suite a contestant passes. */
export function renderInterference({ interference }: Results): string {
  const names = Object.keys(interference);
  const checks = [
    ...new Set(Object.values(interference).flatMap((report) => report.checks.map(({ name }) => name))),
  ];
  const verdict = (contestant: string, check: string): string => {
    const found =
      interference[contestant]?.checks.filter(({ name, measured }) => name === check && measured) ?? [];
    if (found.length === 0) return '–';
    const failed = found.filter(({ passed }) => !passed);
    if (failed.length === 0) return 'pass';
    return failed.length === found.length
      ? '**fail**'
      : `**fail** (${failed.map(({ protocol }) => protocol)})`;
  };
  return markdownTable(
    ['check', ...names],
    checks.map((check) => [check, ...names.map((name) => verdict(name, check))]),
  );
}

/** Date, versions and machine of a run, in a sentence or two. */
export function renderCircumstances(results: Results): string {
  const { machine, versions } = results;
  return [
    renderMachine(machine, `${roundsOf(results)} rounds`),
    `\n\nVersions: ${Object.entries(versions)
      .map(([name, version]) => `\`${name}\` ${version}`)
      .join(', ')}.`,
  ].join('');
}

/** @returns E.g. `9 to 40`. */
function roundsOf({ calls }: Results): string {
  const outcomes = Object.values(calls).flatMap((scenarios) => Object.values(scenarios));
  const counts = outcomes.flatMap((outcome) =>
    Object.values(outcome).flatMap((samples) => (typeof samples === 'string' ? [] : [samples.length])),
  );
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** Everything, for docs/benchmarks.md. */
export function renderPage(results: Results): string {
  return [
    renderCircumstances(results),
    renderTable(results),
    '#### Non-interference',
    'Over HTTP/1.1 and HTTP/2. A check that failed over only one of them names it.',
    renderInterference(results),
    '#### Where we lose',
    losses(results),
  ].join('\n\n');
}
