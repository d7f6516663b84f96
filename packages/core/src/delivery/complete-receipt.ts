import type { Receipt } from '../call/receipt.ts';
import { factsOf, readProxyResult } from '../usage/proxy-result.ts';

/** Adds warnings to a receipt. */
export function withWarning(...warnings: readonly string[]): (receipt: Receipt) => Receipt {
  return (receipt) =>
    warnings.length === 0
      ? receipt
      : Object.freeze({ ...receipt, warnings: Object.freeze([...receipt.warnings, ...warnings]) });
}

/** Adds to a receipt what Pay-i answered: cost, limits and warnings. */
export function withResult(answer: unknown): (receipt: Receipt) => Receipt {
  const result = readProxyResult(answer);
  const warn = withWarning(
    ...(result === undefined ? ['Pay-i took the event without telling its cost'] : (result.warnings ?? [])),
  );
  return (receipt) => warn(Object.freeze({ ...receipt, ...(result && factsOf(result)) }));
}
