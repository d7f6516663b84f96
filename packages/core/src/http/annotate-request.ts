import { headerNames } from '../annotations/header-names.ts';
import { canonicalHeaderName } from '../annotations/merge-headers.ts';
import { type AnnotatedCall, annotateCall, defaultsOf } from '../call/annotate-call.ts';
import { currentContext } from '../context/context-storage.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { WebHeaders } from '../web.ts';

/** Annotations of one attempt, and what became of the headers they were given in. */
export interface AnnotatedAttempt extends AnnotatedCall {
  /** The `xProxy-*` headers of the request, as the caller gave them, by their names in lower case. */
  readonly given: Readonly<Record<string, string>>;
  /** Names of those that could not be read. */
  readonly invalid: readonly string[];
  readonly problem: unknown;
}

const none: readonly string[] = Object.freeze([]);
const nothing: Readonly<Record<string, string>> = Object.freeze({});

const prefix = 'xproxy-';

/** Names of all `xProxy-*` headers of a request, in lower case. */
export function payiHeaderNames(headers: WebHeaders): string[] {
  const names: string[] = [];
  for (const name of headers.keys()) if (name.startsWith(prefix)) names.push(name);
  return names;
}

/**
 * Reads the annotations that the caller put on a request, and lays them over the defaults.
 *
 * A header that cannot be read is left out. It cannot be refused here: what is thrown from `fetch` is a connection error
 * to the provider SDKs, which would send the call again.
 */
export function annotateRequest(
  payi: ResolvedPayi,
  headers: WebHeaders,
  names: readonly string[],
): AnnotatedAttempt {
  let given: Record<string, string> | undefined;
  for (const name of names) {
    given ??= {};
    given[name] = headers.get(name) ?? '';
  }
  try {
    const { annotations, headers: added } = annotateCall(payi, given);
    return { annotations, headers: added, given: given ?? nothing, invalid: none, problem: undefined };
  } catch (problem) {
    const readable = annotateReadable(payi, given ?? nothing);
    return {
      ...readable,
      ...(forbidsLogging(given ?? nothing) && withoutLogging(payi, readable)),
      given: given ?? nothing,
      problem,
    };
  }
}

const loggingHeader = headerNames.logPromptAndResponse.toLowerCase();

/** Whether the caller has, or may have, forbidden to log what is said: left out, that would be the opposite. */
function forbidsLogging(given: Readonly<Record<string, string>>): boolean {
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

/** All that can be read by itself; nothing when it is too much together. */
function annotateReadable(
  payi: ResolvedPayi,
  given: Readonly<Record<string, string>>,
): AnnotatedCall & { invalid: string[] } {
  const readable: Record<string, string> = {};
  const invalid: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (isReadable(payi, { [name]: value })) readable[name] = value;
    else invalid.push(name);
  }
  if (isReadable(payi, readable)) return { ...annotateCall(payi, readable), invalid };
  const annotations = Object.keys(given).filter((name) => canonicalHeaderName(name) !== undefined);
  if (isReadable(payi, undefined)) return { ...annotateCall(payi, undefined), invalid: annotations };
  // The context and the defaults are too large together.
  return { ...defaultsOf(payi), invalid: [...annotations, 'those of the context'] };
}

function isReadable(payi: ResolvedPayi, headers: Readonly<Record<string, string>> | undefined): boolean {
  try {
    annotateCall(payi, headers);
    return true;
  } catch {
    return false;
  }
}
