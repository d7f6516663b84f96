import { signed, spread } from '../harness/format.ts';
import { quantile } from '../harness/quantile.ts';
import { differences } from '../harness/take-turns.ts';
import type { ContestantDefinition } from './contestant.ts';
import type { Sample, Scenario } from './measure-calls.ts';
import type { Provider } from './providers.ts';
import type { Results, Weight } from './results.ts';
import { scenarios } from './scenarios.ts';

/** A kind of figure, one for each contestant. */
export interface Column {
  readonly heading: string;
  /** With the spread of the rounds. */
  cell(results: Results, provider: Provider, contestant: ContestantDefinition): string;
}

const nothing = '';
/** Whose clients the non-interference suite can play with. */
const suiteProvider = 'AWS Bedrock';
export const bareName = 'bare client';
const divisors = { µs: 1, ms: 1000 } as const;

const outcomeOf = (
  results: Results,
  provider: string,
  title: string,
  contestant: string,
): readonly Sample[] | string => results.calls[provider]?.[title]?.[contestant] ?? nothing;

/** Processor time per call in the scenario's unit, by round. A text: why there is none. */
export function processorTimes(
  results: Results,
  { name }: Provider,
  { title, unit }: Scenario,
  contestant: string,
): readonly number[] | string {
  const outcome = outcomeOf(results, name, title, contestant);
  if (typeof outcome === 'string') return outcome;
  return outcome.map(({ cpuMicroseconds }) => cpuMicroseconds / divisors[unit]);
}

/** As the figures' size demands: three of them at most, at least as many as tell contestants apart. */
export const digitsOf = ({ unit }: Scenario): number => (unit === 'µs' ? 0 : 2);

function callColumn(scenario: Scenario): Column {
  const digits = digitsOf(scenario);
  const figures = (results: Results, provider: Provider, name: string): readonly number[] | string =>
    processorTimes(results, provider, scenario, name);
  const cell: Column['cell'] = (results, provider, { name, notMeasured }) => {
    // Why there is nothing to measure is said once.
    if (notMeasured !== undefined) return scenario === scenarios[0] ? notMeasured : '–';
    const own = figures(results, provider, name);
    if (typeof own === 'string') return own;
    if (name === bareName) return spread(own, (figure) => figure.toFixed(digits));
    const ofBare = figures(results, provider, bareName) as readonly number[];
    return spread(differences(own, ofBare), (figure) => signed(figure, digits));
  };
  return { heading: `${scenario.title}, ${scenario.unit}`, cell };
}

/** Until the last of the calls that were under way at a time had its answer, in milliseconds, by round. */
export const timesOfAll: typeof processorTimes = (results, { name }, { title, calls }, contestant) => {
  const outcome = outcomeOf(results, name, title, contestant);
  if (typeof outcome === 'string') return outcome;
  return outcome.map(({ wallMicroseconds }) => (wallMicroseconds * calls) / 1000);
};

function wallColumn(scenario: Scenario): Column {
  const cell: Column['cell'] = (results, provider, { name }) => {
    const figures = timesOfAll(results, provider, scenario, name);
    return typeof figures === 'string' ? nothing : spread(figures, (figure) => figure.toFixed(0));
  };
  return { heading: 'all of these on the clock, ms', cell };
}

export const weightOf = (results: Results, { packages }: ContestantDefinition): Weight | undefined =>
  results.weights[packages.join(' ')];

function weightColumn(heading: string, show: (weight: Weight) => string): Column {
  const cell: Column['cell'] = (results, _provider, contestant) => {
    const weight = weightOf(results, contestant);
    return weight === undefined ? nothing : show(weight);
  };
  return { heading, cell };
}

const importTimes = ({ imports }: Weight): number[] => imports.map(({ milliseconds }) => milliseconds);
const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const coldImport = weightColumn('cold import, ms', (weight) =>
  spread(importTimes(weight), (figure) => figure.toFixed(0)),
);
const importMemory = weightColumn('its memory, MB', ({ imports }) =>
  inMegabytes(
    quantile(
      imports.map(({ bytes }) => bytes),
      0.5,
    ),
  ),
);
const bundle = weightColumn('bundle, kB gzip', (weight) => (weight.bundle / 1000).toFixed(1));
const install = weightColumn(
  'install, MB (packages)',
  ({ footprint }) => `${inMegabytes(footprint.bytes)} (${footprint.packages})`,
);

const passed: Column['cell'] = ({ interference }, { name: provider }, { name }) => {
  const report = provider === suiteProvider ? interference[name] : undefined;
  if (report === undefined) return nothing;
  const measured = report.checks.filter((check) => check.measured);
  return `${measured.filter((check) => check.passed).length} of ${measured.length}`;
};
const nonInterference: Column = { heading: 'non-interference, passed', cell: passed };

export const columns: readonly Column[] = [
  ...scenarios.flatMap((scenario) =>
    scenario.allAtOnce ? [callColumn(scenario), wallColumn(scenario)] : [callColumn(scenario)],
  ),
  coldImport,
  importMemory,
  bundle,
  install,
  nonInterference,
];
