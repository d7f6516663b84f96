import type { Receipt } from '../call/receipt.ts';
import { factsOf, readProxyResult } from '../usage/proxy-result.ts';

/** Adds a warning to a receipt. */
export function withWarning(warning: string): (receipt: Receipt) => Receipt {
  return (receipt) => Object.freeze({ ...receipt, warnings: Object.freeze([...receipt.warnings, warning]) });
}

/** Adds to a receipt what Pay-i answered: cost, limits and warnings. */
export function withResult(answer: unknown): (receipt: Receipt) => Receipt {
  const result = readProxyResult(answer);
  if (result === undefined) return withWarning('Pay-i took the event without telling its cost');
  const warnings = result.warnings ?? [];
  return (receipt) =>
    Object.freeze({
      ...receipt,
      ...factsOf(result),
      warnings: Object.freeze([...receipt.warnings, ...warnings]),
    });
}
