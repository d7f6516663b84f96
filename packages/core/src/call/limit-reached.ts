import { readProxyResult } from '../usage/proxy-result.ts';
import { receiptOf } from './receipts.ts';

/** `limit_reached` is the current code, `not_enough_budget` the older one. */
const limitCodes: ReadonlySet<unknown> = new Set(['limit_reached', 'not_enough_budget']);

/**
 * Whether Pay-i refused a call because a blocking limit was used up.
 *
 * Decided by the error code in Pay-i's answer, not by the HTTP status (400 was recorded, 424 is reported elsewhere),
 * because the service promises stable codes. Works on the error of any provider SDK: the AWS SDK copies Pay-i's members
 * onto the error, the SDKs of OpenAI and Anthropic keep the body under `error`. OpenAI's SDK before 7 keeps only the body's
 * own `error`, without Pay-i's code; there the receipt decides.
 *
 * @param error - An error thrown by a provider SDK. Any other value gives `false`.
 */
export function isLimitReached(error: unknown): boolean {
  const { errorCode, blockedLimitIds } = readProxyResult(error) ?? {};
  if (limitCodes.has(errorCode) || blockedLimitIds !== undefined) return true;
  return receiptOf(Object(error) as object)?.outcome === 'blocked';
}
