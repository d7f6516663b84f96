import type { Receipt } from '../call/receipt.ts';
import { factsOf, readProxyResult } from '../usage/proxy-result.ts';

/** Adds a warning to a receipt. */
export function withWarning(warning: string): (receipt: Receipt) => Receipt {
  return (receipt) => Object.freeze({ ...receipt, warnings: Object.freeze([...receipt.warnings, warning]) });
}

/**
 * Adds to a receipt what Pay-i answered: cost, limits and warnings.
 *
 * @param own - Further warnings.
 */
export function withResult(answer: unknown, own: readonly string[] = []): (receipt: Receipt) => Receipt {
  const result = readProxyResult(answer);
  const warnings =
    result === undefined ? ['Pay-i took the event without telling its cost'] : (result.warnings ?? []);
  return (receipt) =>
    Object.freeze({
      ...receipt,
      ...(result && factsOf(result)),
      warnings: Object.freeze([...receipt.warnings, ...own, ...warnings]),
    });
}
