import { type AnnotationRow, annotationRows } from '../annotations/annotation-rows.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { recode } from '../annotations/codecs.ts';
import { encodeFields } from '../annotations/create-headers.ts';
import { checkHeaders, checkTotal, wireLength } from '../annotations/header-value.ts';
import { type MergedAnnotations, mergeAnnotations } from '../annotations/merge-annotations.ts';
import { parseHeader, parseHeaders, rowOfHeader } from '../annotations/parse-headers.ts';
import { type Context, currentContext, headersKey } from '../context/context-storage.ts';
import { layContextOver } from '../context/nest-context.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { WebHeaders } from '../web.ts';

/** What one call carries. */
export interface AnnotatedCall {
  /** Frozen, without empty fields, defaults included. */
  readonly annotations: Annotations;
  /** What to put onto each attempt, on top of what the request has. Without Pay-i's key. */
  readonly headers: HeaderRecord;
  /** Names of those headers that carry no annotation. */
  readonly others?: readonly string[] | undefined;
}

/** What one call carries whose annotations were given among the headers of its request. */
export interface AnnotatedHeaders {
  /** Frozen, without empty fields, defaults included. */
  readonly annotations: Annotations;
  /** What the request lacks, or has in a form that Pay-i may not read. */
  readonly set: HeaderRecord;
  /** Names of headers to delete: an empty header clears an annotation, and does not travel. */
  readonly deleted: readonly string[];
  /** Whether the request has an annotation of its own. */
  readonly isGiven: boolean;
}

type HeaderRecord = Readonly<Record<string, string>>;

const noHeaders: HeaderRecord = Object.freeze({});
const noNames: readonly string[] = Object.freeze([]);

/**
 * Lays the headers of one call over the context that it is sent in, and that over the defaults: parse, merge, encode. An
 * adapter has to ask when the call is sent, while it is still in the caller's flow.
 *
 * On route `direct` no annotation travels as a header, so only the caller's other headers are returned.
 *
 * @param given - Headers of the call: values that can travel, names in any case. Not changed, but returned if it can be
 *   sent as it is, so nobody else may hold it.
 * @throws `InvalidAnnotationError` or `HeaderEncodingError` when Pay-i could not read an annotation among them, or all
 *   headers together are too large.
 */
export function annotateCall(payi: ResolvedPayi, given: HeaderRecord | undefined): AnnotatedCall {
  const below = annotationsBelow(payi);
  if (given === undefined) return below;
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
  checkHeaders('extraHeaders', headers);
  return { annotations: Object.freeze(annotations) as Annotations, headers, others };
}

/** The same settings with more defaults: headers that lie over those of `createPayi()`, and under everything else. */
export function withDefaultHeaders(payi: ResolvedPayi, headers: HeaderRecord): ResolvedPayi {
  const defaults = mergeAnnotations(payi.defaults, parseHeaders(headers));
  const defaultHeaders: Record<string, string> = {};
  encodeFields(defaults, defaultHeaders);
  return { ...payi, defaults, defaultHeaders };
}

/**
 * The same for a call whose headers are those of a request. What stands there and can be sent stays there.
 *
 * @param headers - Not changed.
 */
export function annotateHeaders(payi: ResolvedPayi, headers: WebHeaders): AnnotatedHeaders {
  const below = annotationsBelow(payi);
  const own: MergedAnnotations = {};
  let set: Record<string, string> | undefined;
  let deleted: string[] | undefined;
  let totalBytes = 0;
  // Asks for each name: `Headers` sorts all its names to list them (measured: bench/cost, 2 to 4 kB).
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
  if (isEmpty(own))
    return { annotations: below.annotations, set: below.headers, deleted: noNames, isGiven: false };
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
    annotations: Object.freeze(annotations) as Annotations,
    set: set ?? noHeaders,
    deleted: deleted ?? noNames,
    isGiven: true,
  };
}

/**
 * Reads one header of a call into its annotations: `null` for a header that is empty or says nothing, which clears.
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

/** Those headers whose annotation is still there after merging, and all that carry none. Changes the record. */
function headersOf(annotations: MergedAnnotations, headers: Record<string, string>): HeaderRecord {
  for (const { field, headerName } of annotationRows) {
    if (annotations[field] === undefined && headers[headerName] !== undefined) delete headers[headerName];
  }
  return headers;
}

/** What may reach the provider. */
function withoutPayi(headers: HeaderRecord, others: readonly string[] = noNames): HeaderRecord {
  const names = others.filter((name) => !/^xproxy-/i.test(name));
  return Object.fromEntries(names.map((name) => [name, headers[name] as string]));
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function annotationsBelow(payi: ResolvedPayi): AnnotatedCall {
  const context = currentContext();
  if (context === undefined) return defaultsOf(payi);
  const headers = context[headersKey];
  if (headers === undefined || context.cleared.size > 0 || !isEmpty(payi.defaults)) {
    return overDefaults(context, payi);
  }
  return { annotations: context.annotations, headers: payi.route === 'direct' ? noHeaders : headers };
}

/** What a call carries that has neither headers of its own nor a context. */
export function defaultsOf({ defaults, defaultHeaders, route }: ResolvedPayi): AnnotatedCall {
  return { annotations: defaults, headers: route === 'direct' ? noHeaders : defaultHeaders };
}

/** Encoded once per context and `Payi`, because an application may make many calls in one context. */
const encoded = new WeakMap<ResolvedPayi, WeakMap<Context, AnnotatedCall>>();

function overDefaults(context: Context, payi: ResolvedPayi): AnnotatedCall {
  const calls = encoded.get(payi) ?? new WeakMap<Context, AnnotatedCall>();
  const known = calls.get(context);
  if (known !== undefined) return known;
  const annotations = layContextOver(payi.defaults, context);
  const headers: Record<string, string> = {};
  encodeFields(annotations, headers);
  const call = { annotations, headers: payi.route === 'direct' ? noHeaders : headers };
  encoded.set(payi, calls.set(context, call));
  return call;
}

const fieldNames = /* @__PURE__ */ annotationRows.map(({ field }) => field.toLowerCase());
/** Counts calls; `Infinity` after a report, because a header of this name may be the application's own. */
const calls = new WeakMap<ResolvedPayi, number>();
/** A look takes 2 µs. Each of the first calls gets one, then one call in so many. */
const [firstCalls, oneIn] = [100, 50];

/**
 * Reports annotations given in the place of headers, as `{ headers: { userId } }`: to the compiler, the SDK and the
 * provider they are headers, and they annotate nothing.
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
