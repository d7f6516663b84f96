/** A table of Markdown with aligned columns. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] as string).length)),
  );
  const line = (row: readonly string[], fill = ' '): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] as number, fill)).join(' | ')} |\n`;
  const rule = head.map(() => '');
  return line(head) + line(rule, '-') + rows.map((row) => line(row)).join('');
}
