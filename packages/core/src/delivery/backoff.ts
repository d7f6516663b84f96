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

/**
 * @param header - `Retry-After`: seconds, or a date.
 * @param nowMs - Milliseconds since 1970.
 * @returns Milliseconds; 0 for a header that is absent or malformed.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const delayMs = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
}
