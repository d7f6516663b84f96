import { later } from '@payi/core/adapter';
import type { Call } from './call.ts';
import type { CallOptions } from './sdk.ts';

/** The SDK waits up to 8 s after a failed connection, and sends the attempt then. */
const longestBackoffMs = 10_000;

/**
 * An attempt ended without an answer. Whether the SDK tries again cannot be seen from here but can be told from what it
 * counts: unless the caller gave up, it does so as often as it may.
 *
 * @param headers - Of the attempt.
 */
export function attemptFailed(call: Call, error: unknown, options: CallOptions, headers: Headers): void {
  const { observation, registration } = call;
  // Nothing left the process, for example because there are no credentials to sign with: nothing to record.
  if (observation.attempts === 0) return;
  observation.endedAtMs = performance.now();
  const retries = Number(headers.get('x-stainless-retry-count'));
  const mayRetry = retries < (options.maxRetries ?? registration.maxRetries());
  if (mayRetry && options.signal?.aborted !== true) awaitAttempt(call, error, options, longestBackoffMs);
  else observation.fail(error);
}

/**
 * Keeps a failed call open for another attempt.
 *
 * @param error - What the call ended with if none comes: when the time is over, the caller aborts, nobody holds the call
 *   any more, or the process exits.
 */
export function awaitAttempt(call: Call, error: unknown, options: CallOptions, withinMs: number): void {
  call.observation.settleWhenGone(
    options,
    waitForAttempt(call, error, options.signal ?? undefined, withinMs),
  );
}

/** A function of its own: what is made in one that also sees the options would hold them. */
function waitForAttempt(
  call: Call,
  error: unknown,
  signal: AbortSignal | undefined,
  withinMs: number,
): () => void {
  const giveUp = (): void => {
    call.stopWaiting();
    call.observation.fail(error);
  };
  const takeBack = later(withinMs, giveUp);
  signal?.addEventListener('abort', giveUp, { once: true });
  call.stopWaiting = () => {
    takeBack();
    signal?.removeEventListener('abort', giveUp);
  };
  return giveUp;
}
