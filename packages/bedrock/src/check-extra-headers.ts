// Only the AWS SDK takes no headers per call: they come as a member of the input, which nobody else checks.
import { headerNames, InvalidAnnotationError, isPayiError, isPlainObject } from '@payi/core/adapter';
import { checkHeaderValue, isAnnotationHeader } from '@payi/core/calls';

/** RFC 9110 token without `_`: common servers and proxies silently drop names with an underscore. */
const headerName = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/;

/**
 * Names that would break the call or leak: those that AWS's signature depends on, those of one connection (RFC 9110,
 * 7.6.1), and those that only the adapter may set.
 */
const reserved = new RegExp(
  '^(?:host|authorization|x-amz-.*|amz-sdk-.*|accept|content-.*|expect|user-agent|connection|keep-alive|proxy-.*|te|' +
    `trailer|transfer-encoding|upgrade|http2-settings|${headerNames.apiKey}|${headerNames.providerBaseUri})$`,
  'i',
);

/** Finds annotations given in place of headers, the likeliest mistake, by the names of their fields. */
const annotationFields: ReadonlySet<string> = new Set(Object.keys(headerNames));

/**
 * Checks the `extraHeaders` of one call, before anything is sent.
 *
 * @param given - As the caller passed it. A record; `Headers`, `Map` and lists of pairs are accepted, too.
 * @returns A new record. `undefined` values are left out; `null` becomes the empty value, which clears a default.
 * @throws `InvalidAnnotationError` for the wrong shape or a name that is refused, with `key` `extraHeaders["<name>"]`.
 * @throws `HeaderEncodingError` for a value that cannot be sent.
 */
export function checkExtraHeaders(given: unknown): Record<string, string> {
  try {
    const headers = copyOf(given);
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) delete headers[name];
      else headers[name] = checkHeader(headers, name, value);
    }
    return headers as Record<string, string>;
  } catch (cause) {
    if (isPayiError(cause)) throw cause;
    throw new InvalidAnnotationError('extraHeaders', 'could not be read', { cause });
  }
}

function copyOf(given: unknown): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) {
    const pairs = [...(given as Iterable<unknown>)];
    if (!pairs.every(isPair)) throw notHeaders();
    return Object.fromEntries(pairs);
  }
  if (!isPlainObject(given)) throw notHeaders();
  return { ...given };
}

function isPair(pair: unknown): pair is [string, unknown] {
  return Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string';
}

function notHeaders(): InvalidAnnotationError {
  return new InvalidAnnotationError('extraHeaders', 'must be a record: pass what createHeaders() returns');
}

/** @returns The value to send. */
function checkHeader(headers: Record<string, unknown>, name: string, value: unknown): string {
  // Values and spellings of annotations are checked later.
  const isAnnotation = isAnnotationHeader(name);
  if (!isAnnotation) {
    checkName(name);
    deleteOtherSpellings(headers, name);
  }
  if (typeof value !== 'string' && value !== null) throw refusal(name, `must be text, got ${typeof value}`);
  const text = value ?? '';
  if (!isAnnotation && text !== '' && !sendable.test(text)) checkHeaderValue(keyOf(name), name, text);
  return text;
}

function checkName(name: string): void {
  if (annotationFields.has(inCamelCase(name))) {
    throw refusal(name, 'is an annotation, not a header: pass createHeaders({ … })');
  }
  if (!headerName.test(name)) {
    throw refusal(
      name,
      'is no header name that arrives: letters, digits and "-" do, "_" is dropped by common proxies',
    );
  }
  if (reserved.test(name)) {
    throw refusal(name, 'is reserved: the signature, the connection or the adapter needs it');
  }
}

/** The later of two spellings wins. */
function deleteOtherSpellings(headers: Record<string, unknown>, name: string): void {
  for (const other in headers) {
    if (other === name) return;
    if (other.toLowerCase() === name.toLowerCase()) delete headers[other];
  }
}

function refusal(name: string, problem: string): InvalidAnnotationError {
  return new InvalidAnnotationError(keyOf(name), problem);
}

/** Pay-i's guide for Python writes `user_id`. */
function inCamelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A quick check that most valid values pass, without creating the key of an error. */
const sendable = /^[!-~]{1,200}$/;

function keyOf(name: string): string {
  return `extraHeaders[${JSON.stringify(name.slice(0, 60))}]`;
}
