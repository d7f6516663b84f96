// Only the AWS SDK takes no headers per call: they come as a member of the input, which nobody else checks.
import { headerNames, InvalidAnnotationError, isPayiError } from '@payi/core';
import { checkHeaderValue, isPlainObject } from '@payi/core/adapter';

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
  try {
    if (typeof given === 'object' && given !== null && Symbol.iterator in given) {
      for (const pair of given as Iterable<unknown>) {
        if (!Array.isArray(pair) || pair.length !== 2) throw notHeaders();
        checkOne(checked, pair[0], pair[1]);
      }
    } else if (isPlainObject(given)) {
      for (const name of Object.keys(given)) checkOne(checked, name, given[name]);
    } else throw notHeaders();
  } catch (cause) {
    if (isPayiError(cause)) throw cause;
    throw new InvalidAnnotationError('extraHeaders', 'could not be read', { cause });
  }
  return checked;
}

function notHeaders(): InvalidAnnotationError {
  return new InvalidAnnotationError('extraHeaders', 'must be a record: pass what createHeaders() returns');
}

function checkOne(checked: Record<string, string>, name: unknown, value: unknown): void {
  if (value === undefined) return;
  const refusal = (problem: string): InvalidAnnotationError =>
    new InvalidAnnotationError(keyOf(name), problem);
  if (typeof name === 'string' && annotationFields.has(inCamelCase(name))) {
    throw refusal('is an annotation, not a header: pass createHeaders({ … })');
  }
  if (typeof name !== 'string' || !headerName.test(name)) {
    throw refusal(
      'is no header name that arrives: letters, digits and "-" do, "_" is dropped by common proxies',
    );
  }
  if (reserved.test(name))
    throw refusal('is reserved: the signature, the connection or the adapter needs it');
  if (typeof value !== 'string' && value !== null) throw refusal(`must be text, got ${typeof value}`);
  const text = value ?? '';
  if (text !== '' && !sendable.test(text)) checkHeaderValue(keyOf(name), name, text);
  checked[name] = text;
}

/** Pay-i's guide for Python has `user_id`. */
function inCamelCase(name: string): string {
  return name.includes('_') ? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : name;
}

/** The usual case of what `checkHeaderValue` lets through, without a key to make first. */
const sendable = /^[!-~]{1,200}$/;

function keyOf(name: unknown): string {
  return `extraHeaders[${JSON.stringify(String(name).slice(0, 60))}]`;
}
