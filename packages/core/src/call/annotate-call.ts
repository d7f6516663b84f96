import { type AnnotationRow, annotationRows } from '../annotations/annotation-rows.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { recode } from '../annotations/codecs.ts';
import { encodeFields } from '../annotations/create-headers.ts';
import { headerNames, isPayiHeader } from '../annotations/header-names.ts';
import { checkTotal, totalLength, wireLength } from '../annotations/header-value.ts';
import { type Mending, mendAnnotations } from '../annotations/mend-annotations.ts';
import { type MergedAnnotations, mergeAnnotations } from '../annotations/merge-annotations.ts';
import { parseHeader, parseHeaders, rowOfHeader } from '../annotations/parse-headers.ts';
import { type Context, currentContext, headersKey } from '../context/context-storage.ts';
import { layContextOver } from '../context/nest-context.ts';
import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import { deepFreeze } from '../runtime.ts';
import { isAtPayi, type ResolvedPayi } from '../settings/resolved-payi.ts';
import type { WebHeaders } from '../web.ts';

/** What one call carries. */
export interface AnnotatedCall {
  /** Frozen, without empty fields, defaults included. */
  readonly annotations: Annotations;
  /** What to put onto each attempt, on top of what the request has. Without Pay-i's key. */
  readonly headers: HeaderRecord;
  /** Names of the {@link headers} that carry no annotation. */
  readonly others?: readonly string[] | undefined;
  /** For the receipt: what was changed or left out, because a header cannot carry it. */
  readonly warnings?: readonly string[] | undefined;
}

/** What one call carries if its annotations were among the headers of its request. */
export interface AnnotatedHeaders {
  /** Frozen, without empty fields, defaults included. */
  readonly annotations: Annotations;
  /** What the request lacks, or has in a form that Pay-i may not read. */
  readonly set: HeaderRecord;
  /** Names of headers to delete. An empty header clears an annotation and is not sent. */
  readonly deleted: readonly string[];
  /** Whether the request has an annotation of its own. */
  readonly isGiven: boolean;
  /** For the receipt: what was changed or left out, because a header cannot carry it. */
  readonly warnings?: readonly string[] | undefined;
}

type HeaderRecord = Readonly<Record<string, string>>;

const noHeaders: HeaderRecord = Object.freeze({});
const noNames: readonly string[] = Object.freeze([]);

/**
 * Merges the headers of one call with its context and the defaults: headers override the context, and the context
 * overrides the defaults. Must run when the call is sent, in the caller's async context.
 *
 * On route `direct` no annotation travels as a header, so only the caller's other headers are returned.
 *
 * @param given - Headers of the call: values that can be sent, names in any case. Not changed, but possibly returned, so
 *   nobody else may hold it.
 * @throws `InvalidAnnotationError` or `HeaderEncodingError` when Pay-i could not read an annotation of the call, its
 *   context or the defaults, or when all headers together are too large. `invalidAnnotations` can prevent this.
 */
export function annotateCall(payi: ResolvedPayi, given: HeaderRecord | undefined): AnnotatedCall {
  if (given === undefined) return annotationsBelow(payi);
  try {
    const below = annotationsBelow(payi);
    if (below.warnings === undefined) return layCallOver(below, payi, given);
  } catch (error) {
    throwUnlessMisfit(error);
  }
  const names = Object.keys(given).filter((name) => rowOfHeader(name) === undefined);
  const others = payi.route === 'direct' ? withoutPayi(given, names) : pick(given, names);
  const { annotations, headers, warnings } = mergeCall(payi, Object.entries(given), totalLength(others));
  const all = { ...headers, ...others };
  checkTotal('extraHeaders', totalLength(all));
  return { annotations, headers: all, others: names, warnings };
}

function layCallOver(below: AnnotatedCall, payi: ResolvedPayi, given: HeaderRecord): AnnotatedCall {
  const own: MergedAnnotations = {};
  let others: string[] | undefined;
  let clears = false;
  let headers = given;
  for (const name in given) {
    const row = rowOfHeader(name);
    if (row === undefined) {
      others ??= [];
      others.push(name);
      continue;
    }
    const text = readHeader(own, row, given[name] as string);
    if (text === '') clears = true;
    if (text !== given[name] || name !== row.headerName) {
      const { [name]: _, ...rest } = headers;
      headers = { ...rest, [row.headerName]: text };
    }
  }
  const isMerged = clears || !isEmpty(below.annotations);
  const annotations = isMerged ? mergeAnnotations(below.annotations, own as Annotations) : own;
  if (payi.route === 'direct') headers = withoutPayi(given, others);
  else if (isMerged) headers = headersOf(annotations, { ...below.headers, ...headers });
  checkTotal('extraHeaders', totalLength(headers));
  return { annotations: deepFreeze(annotations as Annotations), headers, others };
}

/** The settings with headers as more defaults. They override those of `createPayi()`; context and call override them. */
export function withDefaultHeaders(payi: ResolvedPayi, headers: HeaderRecord): ResolvedPayi {
  let defaults: Annotations;
  try {
    defaults = mergeAnnotations(payi.defaults, parseHeaders(headers));
    const defaultHeaders: Record<string, string> = {};
    encodeFields(defaults, defaultHeaders);
    return { ...payi, defaults, defaultHeaders };
  } catch (error) {
    throwUnlessMisfit(error);
    defaults = mergeAnnotations(payi.defaults, readLoosely(Object.entries(headers), payi.mend));
    return { ...payi, defaults, defaultHeaders: undefined };
  }
}

/**
 * Like {@link annotateCall}, for the headers of a request. A header that can be sent as it is stays there.
 *
 * @param headers - Not changed.
 */
export function annotateHeaders(payi: ResolvedPayi, headers: WebHeaders): AnnotatedHeaders {
  try {
    const annotated = layHeadersOver(annotationsBelow(payi), payi, headers);
    if (annotated !== undefined) return annotated;
  } catch (error) {
    throwUnlessMisfit(error);
  }
  const given: [string, string][] = [];
  for (const { lowerCaseName } of annotationRows) {
    const text = headers.get(lowerCaseName);
    if (text !== null) given.push([lowerCaseName, text]);
  }
  const { annotations, headers: set, warnings } = mergeCall(payi, given);
  return { annotations, set, deleted: given.map(([name]) => name), isGiven: given.length > 0, warnings };
}

/** @returns `undefined` if the context or defaults needed mending: the call may override what does not fit. */
function layHeadersOver(
  below: AnnotatedCall,
  payi: ResolvedPayi,
  headers: WebHeaders,
): AnnotatedHeaders | undefined {
  const own: MergedAnnotations = {};
  let set: Record<string, string> | undefined;
  let deleted: string[] | undefined;
  let totalBytes = 0;
  // Gets each name: to list its names, `Headers` sorts them all (measured: bench/cost, 2 to 4 kB).
  for (const row of annotationRows) {
    const given = headers.get(row.lowerCaseName);
    if (given === null) continue;
    const text = readHeader(own, row, given);
    if (text === '') {
      deleted ??= [];
      deleted.push(row.lowerCaseName);
      continue;
    }
    totalBytes += wireLength(row.headerName, text);
    if (text === given) continue;
    set ??= {};
    set[row.headerName] = text;
  }
  if (isEmpty(own)) {
    const { annotations, headers: set, warnings } = below;
    return { annotations, set, deleted: noNames, isGiven: false, warnings };
  }
  if (below.warnings !== undefined) return undefined;
  let annotations = own;
  if (deleted !== undefined || !isEmpty(below.annotations)) {
    annotations = mergeAnnotations(below.annotations, own as Annotations);
    set ??= {};
    for (const { field, headerName } of annotationRows) {
      const inherited = below.headers[headerName];
      if (inherited === undefined || annotations[field] === undefined || own[field] !== undefined) continue;
      set[headerName] = inherited;
      totalBytes += wireLength(headerName, inherited);
    }
  }
  if (payi.route !== 'direct') checkTotal('extraHeaders', totalBytes);
  return {
    annotations: deepFreeze(annotations as Annotations),
    set: set ?? noHeaders,
    deleted: deleted ?? noNames,
    isGiven: true,
  };
}

/**
 * Adds one header of a call to its annotations. A header without a value adds `null`, which clears the field.
 *
 * @returns The text to send; empty for none.
 */
function readHeader(own: MergedAnnotations, row: AnnotationRow, given: string): string {
  const text = parseHeader(own, row, given);
  if (text === '') return text;
  const recoded = recode(row, text, own[row.field]);
  if (recoded === '') own[row.field] = null;
  return recoded;
}

/** Deletes the headers whose annotation was cleared by merging. Changes the record. */
function headersOf(annotations: MergedAnnotations, headers: Record<string, string>): HeaderRecord {
  for (const { field, headerName } of annotationRows) {
    if (annotations[field] === undefined && headers[headerName] !== undefined) delete headers[headerName];
  }
  return headers;
}

/** The headers that may reach the provider. */
function withoutPayi(headers: HeaderRecord, others: readonly string[] = noNames): HeaderRecord {
  return pick(
    headers,
    others.filter((name) => !isPayiHeader(name)),
  );
}

function pick(headers: HeaderRecord, names: readonly string[]): HeaderRecord {
  return Object.fromEntries(names.map((name) => [name, headers[name] as string]));
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function annotationsBelow(payi: ResolvedPayi): AnnotatedCall {
  const context = currentContext();
  const { defaults, defaultHeaders, route } = payi;
  const headers = context === undefined ? defaultHeaders : context[headersKey];
  if (headers === undefined || (context !== undefined && (context.cleared.size > 0 || !isEmpty(defaults)))) {
    return encodedOnce(context, payi);
  }
  return { annotations: context?.annotations ?? defaults, headers: route === 'direct' ? noHeaders : headers };
}

/** By context, or by the `Payi` where there is none: an application may make many calls in one context. */
const encoded = new WeakMap<ResolvedPayi, WeakMap<object, AnnotatedCall>>();

function encodedOnce(context: Context | undefined, payi: ResolvedPayi): AnnotatedCall {
  const calls = encoded.get(payi) ?? new WeakMap<object, AnnotatedCall>();
  const known = calls.get(context ?? payi);
  if (known !== undefined) return known;
  const call = encode(rawBelow(context, payi), payi);
  encoded.set(payi, calls.set(context ?? payi, call));
  return call;
}

/** Context and defaults as the application gave them, whether or not headers can carry them. */
function rawBelow(context: Context | undefined, { defaults }: ResolvedPayi): Annotations {
  return context === undefined ? defaults : layContextOver(defaults, context);
}

function encode(annotations: Annotations, payi: ResolvedPayi): AnnotatedCall {
  const headers: Record<string, string> = {};
  try {
    encodeFields(annotations, headers);
    return { annotations, headers: payi.route === 'direct' ? noHeaders : headers };
  } catch (error) {
    throwUnlessMisfit(error);
    if (payi.mend === undefined) throw error;
    return mendAnnotations(payi.mend, annotations);
  }
}

/** @throws the error, unless it says that an annotation does not fit. */
function throwUnlessMisfit(error: unknown): void {
  if (!isPayiError(error)) throw error;
}

/**
 * Merges all annotations of a call, from its headers to the defaults, and makes them fit if the settings say so. What is
 * overridden need not fit.
 *
 * @throws `PayiError` when something does not fit.
 */
function mergeCall(
  payi: ResolvedPayi,
  given: readonly (readonly [string, string])[],
  otherBytes?: number,
): AnnotatedCall {
  const { mend } = payi;
  const merged = mergeAnnotations(rawBelow(currentContext(), payi), readLoosely(given, mend));
  return mend === undefined ? encode(deepFreeze(merged), payi) : mendAnnotations(mend, merged, otherBytes);
}

/**
 * If two headers name one annotation, the later wins, as in the SDKs.
 *
 * @param mend - With it, a header that cannot be parsed gives its text. Without it, that throws.
 */
function readLoosely(
  headers: readonly (readonly [string, string])[],
  mend: Mending | undefined,
): Annotations {
  const own: MergedAnnotations = {};
  for (const [name, given] of headers) {
    const row = rowOfHeader(name);
    if (row === undefined) continue;
    delete own[row.field];
    try {
      readHeader(own, row, given);
    } catch (error) {
      if (mend === undefined) throw error;
      own[row.field] = given.trim();
    }
  }
  return own as Annotations;
}

/**
 * Refuses a header that tells Pay-i where to send the call with its credentials. Only a client that was pointed at Pay-i
 * by hand has to set it.
 *
 * @throws `InvalidAnnotationError`
 */
export function refuseAddress(
  payi: ResolvedPayi,
  { url, headers }: { readonly url: string; readonly headers: { has(name: string): boolean } },
): void {
  const name = headerNames.providerBaseUri;
  if (!headers.has(name) || isAtPayi(payi, url)) return;
  const problem = 'is reserved: the adapter sets it, because it decides where credentials go';
  throw new InvalidAnnotationError(`headers["${name}"]`, problem);
}

const fieldNames = /* @__PURE__ */ annotationRows.map(({ field }) => field.toLowerCase());
/** Counts calls. `Infinity` after the one report, because the header may be the application's own. */
const calls = new WeakMap<ResolvedPayi, number>();
/** A check takes 2 µs, so it is done for the first calls, then for one in 50. */
const [firstCalls, oneIn] = [100, 50];

/**
 * Reports annotations given in place of headers, as in `{ headers: { userId } }`. The compiler, the SDK and the provider
 * take them for headers, so they annotate nothing.
 *
 * @param headers - The headers of a call without an annotation.
 */
export function reportMisplaced(
  payi: ResolvedPayi,
  operation: string,
  headers: { has(name: string): boolean },
): void {
  const call = (calls.get(payi) ?? 0) + 1;
  calls.set(payi, call);
  if (call > firstCalls && call % oneIn !== 0) return;
  const found = fieldNames.filter((name) => headers.has(name));
  if (found.length === 0) return;
  calls.set(payi, Number.POSITIVE_INFINITY);
  payi.report({
    code: 'INVALID_HEADERS',
    message: `headers of the call have names of annotations, and annotate nothing: ${found.join(', ')}; pass what createHeaders() returns`,
    operation,
  });
}
