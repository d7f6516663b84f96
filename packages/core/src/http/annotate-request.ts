import { headerNames } from '../annotations/header-names.ts';
import { annotationHeaderNames } from '../annotations/parse-headers.ts';
import {
  type AnnotatedCall,
  type AnnotatedHeaders,
  annotateCall,
  annotateHeaders,
  defaultsOf,
} from '../call/annotate-call.ts';
import { currentContext } from '../context/context-storage.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { WebHeaders } from '../web.ts';

/** Annotations of one attempt. */
export interface AnnotatedAttempt extends AnnotatedHeaders {
  /** Names of headers that could not be read. */
  readonly invalid?: readonly string[];
  /** Why they could not be read. */
  readonly problem?: unknown;
}

type HeaderRecord = Readonly<Record<string, string>>;

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
    const given: Record<string, string> = {};
    for (const name of annotationHeaderNames) {
      const value = headers.get(name);
      if (value !== null) given[name] = value;
    }
    const readable = annotateReadable(payi, given);
    const { annotations, headers: set } = forbidsLogging(given) ? withoutLogging(payi, readable) : readable;
    const deleted = Object.keys(given);
    return { annotations, set, deleted, isGiven: deleted.length > 0, invalid: readable.invalid, problem };
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

const loggingHeader = headerNames.logPromptAndResponse.toLowerCase();

/** Whether the caller forbids to keep the prompt, or may have meant to: a header left out would allow it. */
function forbidsLogging(given: HeaderRecord): boolean {
  const asked = given[loggingHeader];
  if (asked === undefined) return currentContext()?.annotations.logPromptAndResponse === false;
  return !/^\s*(?:false\s*)?$/i.test(asked);
}

function withoutLogging(payi: ResolvedPayi, { annotations, headers }: AnnotatedCall): AnnotatedCall {
  return {
    annotations: Object.freeze({ ...annotations, logPromptAndResponse: false }),
    headers: payi.route === 'direct' ? headers : { ...headers, [headerNames.logPromptAndResponse]: 'True' },
  };
}

/** Every header that can be read by itself; none if they are too large together. */
function annotateReadable(payi: ResolvedPayi, given: HeaderRecord): AnnotatedCall & { invalid: string[] } {
  const readable: Record<string, string> = {};
  const invalid: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (isReadable(payi, { [name]: value })) readable[name] = value;
    else invalid.push(name);
  }
  if (isReadable(payi, readable)) return { ...annotateCall(payi, readable), invalid };
  const names = Object.keys(given);
  if (isReadable(payi, undefined)) return { ...annotateCall(payi, undefined), invalid: names };
  // The context and the defaults are too large together.
  return { ...defaultsOf(payi), invalid: [...names, 'those of the context'] };
}

function isReadable(payi: ResolvedPayi, headers: HeaderRecord | undefined): boolean {
  try {
    annotateCall(payi, headers);
    return true;
  } catch {
    return false;
  }
}
