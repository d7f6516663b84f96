import type { Annotations } from '../annotations/annotations.ts';
import { isPromiseLike } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import { type AnyHeaders, recordOf } from '../web.ts';
import { withoutCredentials } from './without-credentials.ts';

/** One attempt of a call, just before it leaves the process. Frozen. */
export interface AnnotatedRequest {
  /** The provider's name of the operation, e.g. `InvokeModel`. */
  readonly operation: string;
  /** The annotations in force, defaults included. */
  readonly annotations: Annotations;
  /** Method and address, Pay-i's for route `proxy`. */
  readonly method: string;
  readonly url: string;
  /** Final headers, names in lower case, without those that carry credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** 1 for the first attempt, one more for each retry by the provider SDK. */
  readonly attempt: number;
}

/** The answer to one attempt, as soon as its status and headers are here. Frozen. */
export interface ObservedResponse {
  readonly operation: string;
  readonly annotations: Annotations;
  /** HTTP status. */
  readonly status: number;
  /** Names in lower case, without those that carry credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from sending the attempt until its headers were here. */
  readonly latencyMs: number;
  readonly attempt: number;
}

/**
 * Callbacks around each attempt of a call. They look, they do not touch: what they are given is frozen, what they return
 * is ignored, nothing waits for them, and a callback that throws or rejects is reported as diagnostic
 * `CALLBACK_FAILED` while the call goes on.
 */
export interface AttemptCallbacks {
  /** Runs once per attempt, after signing. */
  readonly onRequest?: ((request: AnnotatedRequest) => void) | undefined;
  /** Runs once per attempt that was answered, whatever the status. */
  readonly onResponse?: ((response: ObservedResponse) => void) | undefined;
}

/** Runs a callback of the application so that neither its failure nor its promise can touch the call. */
export function runCallback<Event>(
  callback: ((event: Event) => unknown) | undefined,
  event: Event,
  operation: string,
  report: OnDiagnostic,
): void {
  const failed = (cause: unknown): void => {
    report({ code: 'CALLBACK_FAILED', message: `a callback failed during ${operation}`, operation, cause });
  };
  try {
    const result: unknown = callback?.(event);
    if (isPromiseLike(result)) result.then(undefined, failed);
  } catch (cause) {
    failed(cause);
  }
}

/** Who is told of the attempts of a call. */
export interface Audience {
  readonly payi: { readonly report: OnDiagnostic };
  readonly callbacks: AttemptCallbacks;
}

/** What of a call its callbacks are told. */
interface AttemptedCall {
  readonly call: { readonly operation: string; readonly annotations: Annotations };
  readonly attempts: number;
}

/** Tells `onRequest` of an attempt that is about to leave. */
export function announceRequest(
  { callbacks, payi }: Audience,
  { call, attempts }: AttemptedCall,
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
  { call, attempts }: AttemptedCall,
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
