import type { NonInterferenceReport } from './report.ts';

const headings = ['check', 'protocol', 'result', 'bare', 'instrumented', 'detail'];

/** @returns The report as a table of plain text, one line for each check, and a line that sums it up. */
export function formatReport(report: NonInterferenceReport): string {
  const rows = report.checks.map(({ name, protocol, passed, measured, bare, instrumented, detail }) => [
    name,
    protocol,
    measured ? (passed ? 'pass' : 'FAIL') : '–',
    String(bare),
    String(instrumented),
    detail.replace(/\s+/g, ' '),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === headings.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const measured = report.checks.filter((check) => check.measured);
  const failed = measured.filter(({ passed }) => !passed);
  const notMeasured = report.checks.length - measured.length;
  const summary =
    `${measured.length - failed.length} passed, ${failed.length} failed` +
    (notMeasured > 0 ? `, ${notMeasured} not measured` : '');
  return [line(headings), ...rows.map(line), '', summary].join('\n');
}
