/** Pay-i's own clients obey `Retry-After` up to a minute. */
const maxRetryAfterMs = 60_000;

/**
 * The pause before a retry, in milliseconds: a random part of a time that doubles with each failure ("full jitter"), or
 * what the service asked for, if that is longer.
 *
 * @param failures - Consecutive failures, from 1.
 */
export function retryDelay(
  failures: number,
  retryAfterMs: number,
  { minRetryMs, maxRetryMs }: { readonly minRetryMs: number; readonly maxRetryMs: number },
): number {
  const bound = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(Math.random() * bound, Math.min(retryAfterMs, maxRetryAfterMs));
}
