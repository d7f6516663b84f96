import { type AnnotatedCall, annotateCall, defaultsOf } from '../annotate-call.ts';
import type { ResolvedPayi } from '../create-payi.ts';
import { canonicalHeaderName } from '../merge-headers.ts';
import type { WebHeaders } from './web.ts';

/** Annotations of one attempt, and what became of the headers they were given in. */
export interface AnnotatedAttempt extends AnnotatedCall {
  /** The annotation headers of the request, to tell calls apart that are otherwise the same. */
  readonly signature: string;
  /** Names of the headers that could not be read. */
  readonly invalid: readonly string[];
  readonly problem: unknown;
}

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
  const given: Record<string, string> = {};
  for (const name of names) given[name] = headers.get(name) ?? '';
  const signature = names.length === 0 ? '' : JSON.stringify(given);
  try {
    const annotated = annotateCall(payi, names.length === 0 ? undefined : given);
    return { ...annotated, signature, invalid: [], problem: undefined };
  } catch (problem) {
    return { ...annotateReadable(payi, given), signature, problem };
  }
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
