import { quantile } from './quantile.ts';

/** @returns With a sign, a true minus, and no minus before zero. */
export function signed(figure: number, digits: number): string {
  const text = Math.abs(figure).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${figure < 0 ? '−' : '+'}${text}`;
}

/** @returns The median, with the first and the last decile beside it. */
export function spread(figures: readonly number[], format: (figure: number) => string): string {
  const at = (share: number): string => format(quantile(figures, share));
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}

/** @returns A table in Markdown. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}
