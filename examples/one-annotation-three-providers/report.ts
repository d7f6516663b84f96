import type { EmbeddedBackend } from '@payi-internal/examples';

/** What Pay-i booked, one line a call. */
export function reportLedger({ payi }: EmbeddedBackend): void {
  const columns = [20, 43, 20, 12, 5, 5, 11] as const;
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => align(String(cell), columns[index] ?? 0, typeof cell === 'number')).join(' ');
  console.log(line(['Provider', 'Model', 'Use case', 'User', '  In', ' Out', ' Cost (usd)']));
  for (const { category, resource, annotations, units, cost } of payi.ledger) {
    console.log(
      line([
        category,
        resource,
        annotations.useCaseName ?? '-',
        annotations.userId ?? '-',
        units.text?.input ?? 0,
        units.text?.output ?? 0,
        (cost?.total.base ?? 0).toFixed(6).padStart(11),
      ]),
    );
  }
  const { spent = 0 } = payi.limit('comparison_budget') ?? {};
  console.log(`\nAll of it counts against one budget: comparison_budget, ${spent.toFixed(6)} usd of 1.`);
}

function align(text: string, width: number, isNumber: boolean): string {
  return isNumber ? text.padStart(width) : text.padEnd(width);
}

/** Throws unless every call carried the same annotation to Pay-i. */
export function checkHeaders({ payi }: EmbeddedBackend): void {
  const [first, ...others] = payi.requests.map(({ headers }) =>
    JSON.stringify(
      Object.entries(headers)
        .filter(([name]) => /^xproxy-(?!api-key|provider-baseuri)/.test(name))
        .sort(),
    ),
  );
  if (others.length !== 2 || others.some((annotations) => annotations !== first)) {
    throw new Error('the three calls did not carry the same annotation');
  }
}
