import { headerNames } from '../annotations/header-names.ts';
import { annotationHeaderNames } from '../annotations/parse-headers.ts';
import { type AnnotatedHeaders, annotateHeaders, defaultsOf } from '../call/annotate-call.ts';
import { currentContext } from '../context/context-storage.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { type WebHeaders, web } from '../web.ts';

/** Annotations of one attempt. */
export interface AnnotatedAttempt extends AnnotatedHeaders {
  /** Names of headers that could not be read. */
  readonly invalid?: readonly string[];
  /** Why they could not be read. */
  readonly problem?: unknown;
}

/**
 * Reads the annotations that the caller put on a request, and lays them over the context and the defaults.
 *
 * A header that cannot be read is left out. It cannot be refused here: to the provider SDKs an error from `fetch` is a
 * connection error, after which they retry.
 */
export function annotateRequest(payi: ResolvedPayi, headers: WebHeaders): AnnotatedAttempt {
  try {
    return annotateHeaders(payi, headers);
  } catch (problem) {
    return annotateReadable(payi, headers, problem);
  }
}

/** Leaves on a request what can be sent, and adds what the call carries besides. */
export function setAnnotations(headers: WebHeaders, { set, deleted }: AnnotatedHeaders): void {
  for (const name of deleted) headers.delete(name);
  for (const name in set) headers.set(name, set[name] as string);
}

/**
 * Takes every `xProxy-*` header off a request to the provider, also those that carry no annotation.
 *
 * @returns Whether there was one.
 */
export function deletePayiHeaders(headers: WebHeaders): boolean {
  const names: string[] = [];
  for (const name of headers.keys()) if (name.startsWith('xproxy-')) names.push(name);
  for (const name of names) headers.delete(name);
  return names.length > 0;
}

const loggingHeader = /* @__PURE__ */ headerNames.logPromptAndResponse.toLowerCase();

/** Whether the caller forbids to keep the prompt, or may have meant to: a header left out would allow it. */
function forbidsLogging(headers: WebHeaders): boolean {
  const asked = headers.get(loggingHeader);
  if (asked === null) return currentContext()?.annotations.logPromptAndResponse === false;
  return !/^\s*(?:false\s*)?$/i.test(asked);
}

/** Every header that can be read by itself; none if they are too large together. */
function annotateReadable(payi: ResolvedPayi, headers: WebHeaders, problem: unknown): AnnotatedAttempt {
  const given = annotationHeaderNames.filter((name) => headers.has(name));
  let unread = given.filter((name) => readOnly(payi, headers, [name]) === undefined);
  const readable = given.filter((name) => !unread.includes(name));
  let annotated = readOnly(payi, headers, readable);
  if (annotated === undefined) {
    unread = given;
    annotated = readOnly(payi, headers, []);
  }
  // Otherwise the context and the defaults are too large together.
  const invalid = annotated === undefined ? [...unread, 'those of the context'] : unread;
  const byDefault = defaultsOf(payi);
  let { annotations, set, deleted } = annotated ?? { ...byDefault, set: byDefault.headers, deleted: [] };
  if (forbidsLogging(headers)) {
    annotations = Object.freeze({ ...annotations, logPromptAndResponse: false });
    set = { ...set, [headerNames.logPromptAndResponse]: 'True' };
  }
  return { annotations, set, deleted: [...deleted, ...unread], isGiven: given.length > 0, invalid, problem };
}

/** What these headers alone say. */
function readOnly(
  payi: ResolvedPayi,
  headers: WebHeaders,
  names: readonly string[],
): AnnotatedHeaders | undefined {
  try {
    return annotateHeaders(payi, new web.Headers(names.map((name) => [name, headers.get(name)])));
  } catch {
    return undefined;
  }
}
