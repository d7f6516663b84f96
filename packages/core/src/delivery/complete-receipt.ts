import type { Receipt } from '../call/receipt.ts';
import { factsOf, readProxyResult } from '../usage/proxy-result.ts';
import { withWarning } from './with-warning.ts';

/** Adds to a receipt what Pay-i answered: cost, limits and warnings. */
export function withResult(answer: unknown): (receipt: Receipt) => Receipt {
  const result = readProxyResult(answer);
  const warn = withWarning(
    ...(result === undefined ? ['Pay-i took the event without telling its cost'] : (result.warnings ?? [])),
  );
  return (receipt) => warn(Object.freeze({ ...receipt, ...(result && factsOf(result)) }));
}
