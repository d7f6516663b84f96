import type { Annotations } from '../annotations/annotations.ts';
import { createHeaders } from '../annotations/create-headers.ts';
import { fieldRules } from '../annotations/field-rules.ts';
import { headerNames } from '../annotations/header-names.ts';
import { checkTotal, wireLength } from '../annotations/header-value.ts';
import { mergeAnnotations } from '../annotations/merge-annotations.ts';
import { canonicalHeaderName, mergeHeaders } from '../annotations/merge-headers.ts';
import { parseHeaders } from '../annotations/parse-headers.ts';
import { layContextOver } from '../context/context-merge.ts';
import { type Context, currentContext } from '../context/context-storage.ts';
import type { Route } from '../settings/payi.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';

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
  const last = lastCalls.get(payi);
  if (last?.around === around && hasSame(given, last.given)) return last.call;
  const call = layOver(around, given, payi.route);
  lastCalls.set(payi, { around, given: { ...given }, call });
  return call;
}

function layOver(
  around: AnnotatedCall,
  given: Readonly<Record<string, string>>,
  route: Route,
): AnnotatedCall {
  const ofCall = parseHeaders(given);
  const annotations = Object.freeze(mergeAnnotations(around.annotations, ofCall));
  const headers = mergeHeaders(around.headers, route === 'direct' ? given : asEncoded(given, ofCall));
  let totalBytes = 0;
  for (const name in headers) {
    if (route === 'direct' && canonicalHeaderName(name) !== undefined) delete headers[name];
    else totalBytes += wireLength(name, headers[name] as string);
  }
  checkTotal('extraHeaders', totalBytes);
  return { annotations, headers };
}

/**
 * With lists without blanks, and bags in base64: what is read of a call's own headers is more than what Pay-i is known to
 * read. Written by hand, or given as several values of one header, a list has blanks; Pay-i's Python helper gives plain
 * JSON.
 */
function asEncoded(
  given: Readonly<Record<string, string>>,
  ofCall: Annotations,
): Readonly<Record<string, string>> {
  const headers = { ...given };
  for (const name in ofCall) {
    const field = name as keyof Annotations;
    const value = ofCall[field];
    // The later of two spellings wins.
    if (value && typeof value === 'object') headers[headerNames[field]] = fieldRules[field].encode(value);
  }
  return headers;
}

/** Many calls in a row carry the same headers: what became of those of the last call is kept, and compared by value. */
interface LastCall {
  readonly around: AnnotatedCall;
  readonly given: Readonly<Record<string, string>>;
  readonly call: AnnotatedCall;
}
const lastCalls = new WeakMap<ResolvedPayi, LastCall>();

function hasSame(given: Readonly<Record<string, string>>, last: Readonly<Record<string, string>>): boolean {
  let names = 0;
  for (const name in given) {
    if (given[name] !== last[name]) return false;
    names += 1;
  }
  for (const _ in last) names -= 1;
  return names === 0;
}

/** What a call without headers of its own carries. The same object as long as nothing changes. */
function annotationsAround(payi: ResolvedPayi): AnnotatedCall {
  const context = currentContext();
  return context === undefined ? defaultsOf(payi) : annotationsIn(context, payi);
}

/** What a call carries that has neither headers of its own nor a context. */
export function defaultsOf(payi: ResolvedPayi): AnnotatedCall {
  let call = knownDefaults.get(payi);
  if (call === undefined) {
    call = { annotations: payi.defaults, headers: payi.route === 'direct' ? {} : payi.defaultHeaders };
    knownDefaults.set(payi, call);
  }
  return call;
}

const knownDefaults = new WeakMap<ResolvedPayi, AnnotatedCall>();

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
