import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import type { Annotations } from './annotations.ts';
import { wrongType } from './check-properties.ts';
import { fieldRules } from './field-rules.ts';

/**
 * Headers in any of their usual shapes: a plain record, the headers of a Node request, or anything that iterates
 * over name and value, such as `Headers` and `Map`.
 */
export type HeadersLike =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

/** By the documented spelling, which is nearly always the one given, and in lower case for all others. */
const rulesByHeader = new Map(
  Object.values(fieldRules).flatMap((rule) => [
    [rule.headerName, rule],
    [rule.headerName.toLowerCase(), rule],
  ]),
);

/** Headers that carry an annotation, in lower case. */
export const annotationHeaderNames: readonly string[] = Object.values(fieldRules).map(({ headerName }) =>
  headerName.toLowerCase(),
);

/**
 * Reads annotations back from request headers: the inverse of {@link createHeaders}.
 *
 * Names match in any case. Headers that carry no annotation, Pay-i's key and `xProxy-Forward-*` among them, are left
 * alone. An annotation header that is present and empty gives `null`, which clears what an outer layer said. A
 * property bag is read from base64 and also from plain JSON, which is what Pay-i's Python helper gives.
 *
 * @returns A new object that holds only the fields that were present. `parseHeaders(createHeaders(a))` is `a`
 *   without its absent, `null` and empty fields, list members trimmed.
 * @throws {@link InvalidAnnotationError} a value is not what {@link createHeaders} would write for any annotation, or
 *   a header is given twice; `error.key` names the annotation.
 * @throws {@link HeaderEncodingError} a value holds characters that a header cannot carry.
 */
export function parseHeaders(headers: HeadersLike): Annotations {
  try {
    return decode(headers);
  } catch (error) {
    if (isPayiError(error)) throw error;
    throw new InvalidAnnotationError('headers', 'could not be read', { cause: error });
  }
}

function decode(headers: HeadersLike): Annotations {
  const annotations: Record<string, unknown> = {};
  if (Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<readonly [string, string]>) {
      decodeOne(annotations, name, value);
    }
  } else {
    for (const name of Object.keys(headers)) decodeOne(annotations, name, headers[name]);
  }
  return annotations as Annotations;
}

function decodeOne(annotations: Record<string, unknown>, name: string, value: unknown): void {
  const rule = rulesByHeader.get(name) ?? rulesByHeader.get(name.toLowerCase());
  if (rule === undefined || value === undefined) return;
  const { field } = rule;
  const text: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (Array.isArray(text) || field in annotations) {
    throw new InvalidAnnotationError(field, 'must be given in one header');
  }
  if (typeof text !== 'string') throw wrongType(field, 'text', text);
  const trimmed = text.trim();
  annotations[field] = trimmed === '' ? null : rule.decode(trimmed);
}
