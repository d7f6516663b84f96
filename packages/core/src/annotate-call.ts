import type { Annotations } from './annotations.ts';
import { layContextOver } from './context-merge.ts';
import { type Context, currentContext } from './context-storage.ts';
import { createHeaders } from './create-headers.ts';
import type { ResolvedPayi } from './create-payi.ts';
import { checkTotal, wireLength } from './header-value.ts';
import { mergeAnnotations } from './merge-annotations.ts';
import { canonicalHeaderName, mergeHeaders } from './merge-headers.ts';
import { parseHeaders } from './parse-headers.ts';

/** What one call carries. */
export interface AnnotatedCall {
  /** Frozen, without empty fields, defaults included. */
  readonly annotations: Annotations;
  /** What to put onto each attempt, on top of what the request has. Without Pay-i's key. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Lays the headers that the caller gave to one call over the context the call is made in, and that over the defaults.
 * The same for every adapter, which has to ask while it is still in the caller's flow: at the time of sending.
 *
 * On route `direct` no annotation travels as a header: they are read, and only the caller's other headers are left.
 *
 * @param given - Headers of the call, names in any case, values that can travel; `undefined` for none.
 * @throws `InvalidAnnotationError` or `HeaderEncodingError` when an annotation among them could not be read by Pay-i,
 *   or all together are too large.
 */
export function annotateCall(
  payi: ResolvedPayi,
  given: Readonly<Record<string, string>> | undefined,
): AnnotatedCall {
  const around = annotationsAround(payi);
  if (given === undefined) return around;
  const annotations = Object.freeze(mergeAnnotations(around.annotations, parseHeaders(given)));
  const headers = mergeHeaders(around.headers, given);
  if (payi.route === 'direct') {
    for (const name of Object.keys(headers)) {
      if (canonicalHeaderName(name) !== undefined) delete headers[name];
    }
  }
  let totalBytes = 0;
  for (const name of Object.keys(headers)) totalBytes += wireLength(name, headers[name] as string);
  checkTotal('extraHeaders', totalBytes);
  return { annotations, headers };
}

/** What a call without headers of its own carries. */
function annotationsAround(payi: ResolvedPayi): AnnotatedCall {
  const context = currentContext();
  if (context !== undefined) return annotationsIn(context, payi);
  return { annotations: payi.defaults, headers: payi.route === 'direct' ? {} : payi.defaultHeaders };
}

/** Encoded once per context and `Payi`: an application makes many calls in one context. */
const known = new WeakMap<Context, Map<ResolvedPayi, AnnotatedCall>>();

function annotationsIn(context: Context, payi: ResolvedPayi): AnnotatedCall {
  const knownHere = known.get(context)?.get(payi);
  if (knownHere !== undefined) return knownHere;
  const annotations = layContextOver(payi.defaults, context);
  const headers = Object.freeze(payi.route === 'direct' ? {} : createHeaders(annotations));
  const call = Object.freeze({ annotations, headers });
  const calls = known.get(context) ?? new Map<ResolvedPayi, AnnotatedCall>();
  known.set(context, calls.set(payi, call));
  return call;
}
