import type { Annotations } from './annotations.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import { isPromiseLike } from './promise-like.ts';

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

const credential =
  /(^|-)(auth|authorization|cookie2?|secret|signature(-\w+)?|passw(or)?d|credentials?|\w*token|jwt|assertion|session(-id)?|(api-?|(access|account|auth|client|functions|master|private|secret|service|subscription)-)key(-id)?)$/;

/** What authorizes, whatever its header is called: with its scheme, a JSON Web Token, a provider's key. */
const authorization =
  /^(?:(?:bearer|basic|digest|negotiate|token|api-?key|sharedkey|aws4-\S+) |eyJ[\w-]+\.[\w-]+\.|sk-[\w-]{16})/i;

/** @param name - In any case. */
export function isCredential(name: string, value: string): boolean {
  return credential.test(name.toLowerCase()) || authorization.test(value);
}

/** A frozen copy with names in lower case and without headers that carry credentials, cookies or signatures. */
export function withoutCredentials(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && !isCredential(name, value)) kept[name.toLowerCase()] = value;
  }
  return Object.freeze(kept);
}
