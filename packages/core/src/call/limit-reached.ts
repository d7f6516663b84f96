import { member } from '../usage/json.ts';
import { receiptOf } from './receipts.ts';
import { resultIn, wrappedIn } from './wrapped-errors.ts';

declare const limitReached: unique symbol;

/** An error that {@link isLimitReached} recognizes. Its mark exists in the types only. */
export interface LimitReachedError extends Error {
  readonly [limitReached]: true;
}

/** `limit_reached` is the current code, `not_enough_budget` the older one. */
const limitCodes: ReadonlySet<unknown> = new Set(['limit_reached', 'not_enough_budget']);

/**
 * Whether Pay-i refused a call because a blocking limit was used up.
 *
 * Decided by the error code in Pay-i's answer, not by the HTTP status (400 was recorded, 424 is reported elsewhere),
 * because the service promises stable codes. Works on the error of any provider SDK, and on an error of a framework that
 * wraps it in `cause`, `error`, `lastError`, `errors`, `responseBody`, `data`, `reason` or, as JSON, `message`, to a bounded
 * depth.
 * OpenAI's SDK before 7 keeps no code of Pay-i; there the receipt decides.
 *
 * @param error - An error thrown by a provider SDK or a framework. Any other value gives `false`.
 */
export function isLimitReached(error: unknown): error is LimitReachedError {
  return statesLimit(error) || receiptOf(error)?.outcome === 'blocked';
}

/** Whether the error itself, or what it wraps, says so. */
export function statesLimit(error: unknown): boolean {
  for (const answer of wrappedIn(error)) {
    const blocked = member(resultIn(answer), 'blocked_limit_ids');
    if (limitCodes.has(member(member(answer, 'xproxy_error'), 'code'))) return true;
    if (Array.isArray(blocked) && blocked.length > 0) return true;
  }
  return false;
}
