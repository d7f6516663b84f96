import type { Dimension, Group } from './tally.ts';

/**
 * One line of CSV as RFC 4180 has it. A text that a spreadsheet would run as a formula gets an apostrophe in front.
 *
 * The page contains its source, so it refers to nothing outside itself.
 */
export function csvLine(values: readonly (string | number)[]): string {
  const quoted = (value: string | number): string => {
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${values.map(quoted).join(',')}\r\n`;
}

const columns = ['calls', 'blocked', 'failed', 'unpriced', 'estimated', 'input', 'output', 'cost'] as const;

const headings: Readonly<Record<(typeof columns)[number] | Dimension, string>> = {
  useCase: 'use case',
  user: 'user',
  account: 'account',
  limit: 'limit',
  model: 'model',
  provider: 'provider',
  calls: 'calls',
  blocked: 'blocked',
  failed: 'failed',
  unpriced: 'unpriced',
  estimated: 'estimated',
  input: 'input tokens',
  output: 'output tokens',
  cost: 'cost (USD)',
};

/** Heading and rows of a table of sums. */
export function tableOf(
  groups: readonly Group[],
  by: readonly Dimension[],
): { readonly heading: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] } {
  return {
    heading: [...by, ...columns].map((name) => headings[name]),
    rows: groups.map((group) => [
      ...group.key.map((value) => value || '(none)'),
      ...columns.map((name) => group[name]),
    ]),
  };
}

export function csvOf(groups: readonly Group[], by: readonly Dimension[]): string {
  const { heading, rows } = tableOf(groups, by);
  return csvLine(heading) + rows.map(csvLine).join('');
}

/** A table for a terminal. */
export function textOf(groups: readonly Group[], by: readonly Dimension[], most: number): string {
  const { heading, rows } = tableOf(groups, by);
  const shown = rows.slice(0, most).map((row) => [...row.slice(0, -1), Number(row.at(-1)).toFixed(4)]);
  const lines = alignedLines([heading, ...shown], by.length);
  if (rows.length > most) lines.push(`… and ${rows.length - most} more; --csv has all`);
  return `${lines.join('\n')}\n`;
}

/** @param textColumns - How many columns, from the first, are aligned to the left. */
export function alignedLines(rows: readonly (readonly (string | number)[])[], textColumns: number): string[] {
  const texts = rows.map((row) => row.map(String));
  const widths = (texts[0] ?? []).map((_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)),
  );
  return texts.map((row) =>
    row
      .map((text, column) =>
        column < textColumns ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
