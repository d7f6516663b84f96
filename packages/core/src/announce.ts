import { type AttemptCallbacks, runCallback, withoutCredentials } from './callbacks.ts';
import type { ResolvedPayi } from './create-payi.ts';
import type { WebHeaders } from './fetch/web.ts';
import type { Observation } from './observation.ts';

/** Headers as the AWS SDK has them, or as `fetch` has them. */
type AnyHeaders = Readonly<Record<string, string>> | WebHeaders;

/** Who is told of the attempts of a call. */
export interface Audience {
  readonly payi: ResolvedPayi;
  readonly callbacks: AttemptCallbacks;
}

/** Tells `onRequest` of an attempt that is about to leave. */
export function announceRequest(
  { callbacks, payi }: Audience,
  { call, attempts }: Observation,
  method: string,
  url: string,
  headers: AnyHeaders,
): void {
  if (callbacks.onRequest === undefined) return;
  const { operation, annotations } = call;
  const event = Object.freeze({
    operation,
    annotations,
    method,
    url,
    headers: withoutCredentials(recordOf(headers)),
    attempt: attempts,
  });
  runCallback(callbacks.onRequest, event, operation, payi.report);
}

/** Tells `onResponse` of an answer whose status and headers are here. */
export function announceResponse(
  { callbacks, payi }: Audience,
  { call, attempts }: Observation,
  { status, headers }: { readonly status: number; readonly headers: AnyHeaders },
  latencyMs: number,
): void {
  if (callbacks.onResponse === undefined) return;
  const { operation, annotations } = call;
  const event = Object.freeze({
    operation,
    annotations,
    status,
    headers: withoutCredentials(recordOf(headers)),
    latencyMs,
    attempt: attempts,
  });
  runCallback(callbacks.onResponse, event, operation, payi.report);
}

export function recordOf(headers: AnyHeaders): Readonly<Record<string, string>> {
  return typeof headers.entries === 'function'
    ? Object.fromEntries(headers.entries())
    : (headers as Record<string, string>);
}
