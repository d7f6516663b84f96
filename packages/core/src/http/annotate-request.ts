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
    const { annotated, invalid, unread } = annotateReadable(payi, headers);
    const { annotations, set } = forbidsLogging(headers) ? withoutLogging(annotated) : annotated;
    const deleted = [...annotated.deleted, ...unread];
    return { annotations, set, deleted, isGiven: annotated.isGiven || unread.length > 0, invalid, problem };
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

function withoutLogging({
  annotations,
  set,
}: AnnotatedHeaders): Pick<AnnotatedHeaders, 'annotations' | 'set'> {
  return {
    annotations: Object.freeze({ ...annotations, logPromptAndResponse: false }),
    set: { ...set, [headerNames.logPromptAndResponse]: 'True' },
  };
}

interface Readable {
  readonly annotated: AnnotatedHeaders;
  /** Names of the headers that are left out. */
  readonly unread: readonly string[];
  /** The same, and what else is left out, for people. */
  readonly invalid: readonly string[];
}

/** Every header that can be read by itself; none if they are too large together. */
function annotateReadable(payi: ResolvedPayi, headers: WebHeaders): Readable {
  const readable = new web.Headers();
  const given: string[] = [];
  const unread: string[] = [];
  for (const name of annotationHeaderNames) {
    const value = headers.get(name);
    if (value === null) continue;
    given.push(name);
    if (tryHeaders(payi, new web.Headers([[name, value]])) === undefined) unread.push(name);
    else readable.set(name, value);
  }
  const annotated = tryHeaders(payi, readable);
  if (annotated !== undefined) return { annotated, unread, invalid: unread };
  const ofContext = tryHeaders(payi, new web.Headers());
  if (ofContext !== undefined) return { annotated: ofContext, unread: given, invalid: given };
  // The context and the defaults are too large together.
  const { annotations, headers: set } = defaultsOf(payi);
  const ofDefaults = { annotations, set, deleted: [], isGiven: false };
  return { annotated: ofDefaults, unread: given, invalid: [...given, 'those of the context'] };
}

function tryHeaders(payi: ResolvedPayi, headers: WebHeaders): AnnotatedHeaders | undefined {
  try {
    return annotateHeaders(payi, headers);
  } catch {
    return undefined;
  }
}
