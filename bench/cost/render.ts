import { markdownTable, signed } from '../harness/format.ts';
import { quantile } from '../harness/summarize.ts';
import { differences } from '../harness/take-turns.ts';
import type { Case } from './cases.ts';
import { goalOf } from './goals.ts';
import type { Figures, Times } from './measure.ts';
import { type OperationName, operations } from './operations.ts';

type AllFigures = ReadonlyMap<string, Figures>;

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

/** @returns A table in Markdown: a row for each case, with its goals. */
export function renderOperation(name: OperationName, cases: readonly Case[], figures: AllFigures): string {
  const hasTimes = cases.some((each) => get(figures, each.name).rounds.length > 0);
  const headings = ['', 'added to', 'kB', 'goal', ...(hasTimes ? ['µs', 'goal', 'µs of all threads'] : [])];
  const rows = cases.map((each) => {
    const goal = goalOf(each.spec);
    const format = (figure: number, digits: number): string =>
      each.against === undefined ? figure.toFixed(digits) : signed(figure, digits);
    const time = (of: (times: Times) => number): string => format(microseconds(each, figures, of), 0);
    const times = [
      time((times) => times.microseconds),
      limit(goal?.microseconds),
      time((times) => times.cpuMicroseconds),
    ];
    return [
      each.name,
      each.against ?? '',
      format(kilobytes(each, figures), 1),
      limit(goal?.kilobytes),
      ...(hasTimes ? times : []),
    ];
  });
  return `**${operations[name].title}**\n\n${markdownTable(headings, rows)}`;
}

const limit = (figure: number | undefined): string => (figure === undefined ? '' : `≤ ${figure}`);

/** @returns A line for each case that takes more bytes than its goal. */
export function exceeded(cases: readonly Case[], figures: AllFigures): string[] {
  return cases.flatMap((each) => {
    const { kilobytes: most = Number.POSITIVE_INFINITY } = goalOf(each.spec) ?? {};
    const added = kilobytes(each, figures);
    if (added <= most) return [];
    return [`${each.spec.operation}, ${each.name}: ${added.toFixed(2)} kB, the limit is ${most} kB`];
  });
}
