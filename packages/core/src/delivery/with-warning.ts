import type { Receipt } from '../call/receipt.ts';

/** Adds warnings to a receipt. */
export function withWarning(...warnings: readonly string[]): (receipt: Receipt) => Receipt {
  return (receipt) =>
    warnings.length === 0
      ? receipt
      : Object.freeze({ ...receipt, warnings: Object.freeze([...receipt.warnings, ...warnings]) });
}
