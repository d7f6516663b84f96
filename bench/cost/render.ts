import { markdownTable, signed } from '../harness/format.ts';
import { quantile } from '../harness/quantile.ts';
import { differences } from '../harness/take-turns.ts';
import type { Case } from './cases.ts';
import { type Goal, goalOf } from './goals.ts';
import type { Figures, Times } from './measure.ts';
import { type Operation, type OperationName, operations } from './operations.ts';

/** By the name of the case. */
type AllFigures = ReadonlyMap<string, Figures>;

interface Column {
  readonly heading: string;
  /** @returns Empty where there is nothing to say. A column of which all cells are empty is left out. */
  cell(each: Case): string;
}

/** @returns A table in Markdown: a row for each case, with its goals. */
export function renderOperation(name: OperationName, cases: readonly Case[], figures: AllFigures): string {
  const { isPerEvent, provider }: Operation = operations[name];
  const hasTimes = cases.some((each) => get(figures, each.name).rounds.length > 0);
  const digits = isPerEvent || provider === undefined ? 2 : 0;
  const sign = ({ against }: Case, figure: number, places: number): string =>
    against === undefined ? figure.toFixed(places) : signed(figure, places);
  const goal = (member: keyof Goal): Column => ({
    heading: 'goal',
    cell({ spec }) {
      const most = goalOf(spec)?.[member];
      return most === undefined ? '' : `≤ ${most}`;
    },
  });
  const times: Column[] = [
    {
      heading: 'µs',
      cell: (each) =>
        sign(
          each,
          microseconds(each, figures, (times) => times.microseconds),
          digits,
        ),
    },
    goal('microseconds'),
    {
      heading: '×',
      cell: (each) => (each.against === undefined ? '' : ratio(each, figures).toFixed(2)),
    },
    goal('ratio'),
    {
      heading: 'µs, all threads',
      cell: (each) =>
        sign(
          each,
          microseconds(each, figures, (times) => times.cpuMicroseconds),
          digits,
        ),
    },
  ];
  const columns: Column[] = [
    { heading: 'added to', cell: ({ against }) => against ?? '' },
    { heading: 'kB', cell: (each) => sign(each, kilobytes(each, figures), digits === 0 ? 1 : 2) },
    goal('kilobytes'),
    ...(hasTimes ? times : []),
  ];
  const filled = columns.filter(({ cell }) => cases.some((each) => cell(each) !== ''));
  return `**${operations[name].title}**\n\n${markdownTable(
    ['', ...filled.map(({ heading }) => heading)],
    cases.map((each) => [each.name, ...filled.map(({ cell }) => cell(each))]),
  )}`;
}

/** @returns A line for each case that takes more bytes than its goal. */
export function exceeded(cases: readonly Case[], figures: AllFigures): string[] {
  return cases.flatMap((each) => {
    const most = goalOf(each.spec)?.kilobytes ?? Number.POSITIVE_INFINITY;
    const added = kilobytes(each, figures);
    if (added <= most) return [];
    return [`${each.spec.operation}, ${each.name}: ${added.toFixed(2)} kB, the limit is ${most} kB`];
  });
}

const get = (figures: AllFigures, name: string): Figures => figures.get(name) as Figures;

/** Kilobytes that a case takes more than what it is compared with. */
function kilobytes({ name, against }: Case, figures: AllFigures): number {
  const { bytes } = get(figures, name);
  return (against === undefined ? bytes : bytes - get(figures, against).bytes) / 1000;
}

/** The median of the rounds' differences. */
function microseconds({ name, against }: Case, figures: AllFigures, of: (times: Times) => number): number {
  const own = get(figures, name).rounds.map(of);
  if (against === undefined) return quantile(own, 0.5);
  return quantile(differences(own, get(figures, against).rounds.map(of)), 0.5);
}

/** The median of the rounds' ratios. */
function ratio({ name, against = name }: Case, figures: AllFigures): number {
  const others = get(figures, against).rounds;
  const ratios = get(figures, name).rounds.map(
    (times, round) => times.microseconds / (others[round]?.microseconds ?? Number.NaN),
  );
  return quantile(ratios, 0.5);
}
