import type { Annotations } from '../annotations/annotations.ts';
import { isPromiseLike } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';

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
  callback: (event: Event) => unknown,
  event: Event,
  operation: string,
  report: OnDiagnostic,
): void {
  try {
    const result = callback(event);
    if (isPromiseLike(result)) result.then(undefined, (cause) => reportFailure(cause, operation, report));
  } catch (cause) {
    reportFailure(cause, operation, report);
  }
}

function reportFailure(cause: unknown, operation: string, report: OnDiagnostic): void {
  report({ code: 'CALLBACK_FAILED', message: `a callback failed during ${operation}`, operation, cause });
}
