import type { Annotations } from './annotations.ts';
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
 * Lays the headers that the caller gave to one call over the defaults. The same for every adapter.
 *
 * On route `direct` no annotation travels as a header: they are read, and only the caller's other headers are left.
 *
 * @param given - Headers of the call, names in any case, values that can travel; `undefined` for none.
 * @throws `InvalidAnnotationError` or `HeaderEncodingError` when an annotation among them could not be read by Pay-i,
 *   or all together are too large.
 */
export function annotateCall(
  { route, defaults, defaultHeaders }: ResolvedPayi,
  given: Readonly<Record<string, string>> | undefined,
): AnnotatedCall {
  if (given === undefined) {
    return { annotations: defaults, headers: route === 'direct' ? {} : defaultHeaders };
  }
  const annotations = Object.freeze(mergeAnnotations(defaults, parseHeaders(given)));
  const headers = mergeHeaders(route === 'direct' ? {} : defaultHeaders, given);
  if (route === 'direct') {
    for (const name of Object.keys(headers)) {
      if (canonicalHeaderName(name) !== undefined) delete headers[name];
    }
  }
  let totalBytes = 0;
  for (const name of Object.keys(headers)) totalBytes += wireLength(name, headers[name] as string);
  checkTotal('extraHeaders', totalBytes);
  return { annotations, headers };
}
