import type { Annotations } from '../annotations/annotations.ts';
import { isPromiseLike } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { OutputEstimate } from './output-estimate.ts';

/** One attempt of a call, just before it leaves the process. Frozen. */
export interface AnnotatedRequest {
  /** The provider's name of the operation, e.g. `InvokeModel`. */
  readonly operation: string;
  /** The annotations in force, defaults included. */
  readonly annotations: Annotations;
  /** HTTP method and URL; on route `proxy` the URL is Pay-i's. */
  readonly method: string;
  readonly url: string;
  /** Final headers without credentials. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** 1 for the first attempt, 2 for the first retry by the provider SDK, and so on. */
  readonly attempt: number;
}

/** The answer to one attempt, as soon as its status and headers have arrived. Frozen. */
export interface ObservedResponse {
  readonly operation: string;
  readonly annotations: Annotations;
  /** HTTP status. */
  readonly status: number;
  /** Headers without credentials. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from sending the attempt until its headers arrived. */
  readonly latencyMs: number;
  readonly attempt: number;
}

/**
 * Callbacks around each attempt of a call. Both are read-only: they get frozen data without credentials, their results
 * are ignored, and nothing waits for them. If one throws or rejects, you get diagnostic `CALLBACK_FAILED` and the call
 * carries on.
 */
export interface AttemptCallbacks {
  /** Runs once per attempt, after signing. */
  readonly onRequest?: ((request: AnnotatedRequest) => void) | undefined;
  /** Runs once per answered attempt, with any status. */
  readonly onResponse?: ((response: ObservedResponse) => void) | undefined;
}

/** What the calls of one registration have in common. */
export interface CallSettings extends AttemptCallbacks {
  /** Present if output that is not counted is to be estimated. Never rejects; has no value if it could not be loaded. */
  readonly estimates?: Promise<{ readonly OutputEstimate: new () => OutputEstimate } | undefined> | undefined;
}

/** Runs a callback of the application so that neither its error nor its promise can affect the call. */
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
