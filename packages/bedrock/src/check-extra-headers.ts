import { headerNames, InvalidAnnotationError } from '@payi/core';
import { checkHeaderValue } from '@payi/core/adapter';

/** RFC 9110 token without `_`: common servers and proxies drop names that hold one without a word. */
const headerName = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/;

/**
 * Names that would break the call or leak: what AWS's signature depends on, what belongs to one connection (RFC 9110,
 * 7.6.1), and what only the adapter may set.
 */
const reserved = new RegExp(
  `^(?:${[
    'host',
    'authorization',
    'x-amz-.*',
    'amz-sdk-.*',
    'accept',
    'content-.*',
    'expect',
    'user-agent',
    'connection',
    'keep-alive',
    'proxy-.*',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    headerNames.apiKey,
    headerNames.providerBaseUri,
  ].join('|')})$`,
  'i',
);

/** The caller gave annotations where headers belong, the likeliest mistake: caught by the name of a field. */
const annotationFields: ReadonlySet<string> = new Set(Object.keys(headerNames));

/**
 * Checks the `extraHeaders` of one call, before anything is sent.
 *
 * @param given - Whatever the caller put there. A record; `Headers`, `Map` and lists of pairs are understood too.
 * @returns A new record. `undefined` values are left out; `null` becomes the empty value, which clears a default.
 * @throws `InvalidAnnotationError` for the wrong shape or a name that is refused, with `key` `extraHeaders["<name>"]`.
 * @throws `HeaderEncodingError` for a value that cannot travel.
 */
export function checkExtraHeaders(given: unknown): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of entriesOf(given)) {
    if (value === undefined) continue;
    const key = `extraHeaders[${JSON.stringify(String(name).slice(0, 60))}]`;
    checkName(key, name);
    if (value === null) {
      checked[name] = '';
    } else if (typeof value === 'string') {
      if (value !== '') checkHeaderValue(key, name, value);
      checked[name] = value;
    } else {
      throw new InvalidAnnotationError(key, `must be text, got ${typeof value}`);
    }
  }
  return checked;
}

function entriesOf(given: unknown): Iterable<[string, unknown]> {
  if (typeof given === 'object' && given !== null) {
    if (Symbol.iterator in given) return given as Iterable<[string, unknown]>;
    const entries = Object.entries(given);
    if (entries.length > 0 || isPlain(given)) return entries;
  }
  throw new InvalidAnnotationError(
    'extraHeaders',
    'must be a record of header names and values: pass what createHeaders() returns',
  );
}

/** A promise or another object without members of its own would be taken for "no headers". */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkName(key: string, name: unknown): asserts name is string {
  if (annotationFields.has(name as string)) {
    throw new InvalidAnnotationError(
      key,
      'is an annotation, not a header: pass extraHeaders: createHeaders({ … }) rather than the annotations themselves',
    );
  }
  if (typeof name !== 'string' || !headerName.test(name)) {
    throw new InvalidAnnotationError(
      key,
      'is not a header name that arrives: letters, digits and "-" do; names with "_" are dropped by common proxies',
    );
  }
  if (reserved.test(name)) {
    throw new InvalidAnnotationError(
      key,
      'is reserved: it belongs to the signature, to the connection or to the adapter, and changing it would break the call',
    );
  }
}
