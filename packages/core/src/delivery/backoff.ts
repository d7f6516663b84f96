/** Bounds of the time between two attempts, in milliseconds. */
export interface BackoffBounds {
  readonly minRetryMs: number;
  readonly maxRetryMs: number;
}

/** Pay-i's clients obey up to a minute; a service that says more is asked again then. */
const maxRetryAfterMs = 60_000;

/**
 * How long to wait before the next attempt: a random part of a time that doubles with each failure ("full jitter"), or
 * what the service asked for, if that is longer.
 *
 * @param failures - Failures in a row, from 1.
 * @param retryAfterMs - From {@link parseRetryAfter}.
 */
export function retryDelay(
  failures: number,
  retryAfterMs: number,
  { minRetryMs, maxRetryMs }: BackoffBounds,
): number {
  const bound = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(failures - 1, 30));
  return Math.max(Math.random() * bound, Math.min(retryAfterMs, maxRetryAfterMs));
}

/**
 * @param header - `Retry-After`: seconds, or a date.
 * @param nowMs - Milliseconds since 1970.
 * @returns Milliseconds; 0 when the header says nothing that can be understood.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const delayMs = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
}
