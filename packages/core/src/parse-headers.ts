import type { Annotations } from './annotations.ts';
import { typeName } from './check-properties.ts';
import { InvalidAnnotationError, isPayiError } from './errors.ts';
import { fieldRules } from './field-rules.ts';

/**
 * Headers in any of their usual shapes: a plain record, the headers of a Node request, or anything that iterates
 * over name and value, such as `Headers` and `Map`.
 */
export type HeadersLike =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

const rulesByHeader = new Map(Object.values(fieldRules).map((rule) => [rule.headerName.toLowerCase(), rule]));

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
  for (const [name, value] of entriesOf(headers)) {
    const rule = rulesByHeader.get(name.toLowerCase());
    if (rule === undefined || value === undefined) continue;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length !== 1 || rule.field in annotations) {
      throw new InvalidAnnotationError(rule.field, 'must be given in one header');
    }
    const [text] = values;
    if (typeof text !== 'string') {
      throw new InvalidAnnotationError(rule.field, `must travel as text, got ${typeName(text)}`);
    }
    const trimmed = text.trim();
    annotations[rule.field] = trimmed === '' ? null : rule.decode(trimmed);
  }
  return annotations as Annotations;
}

function entriesOf(
  headers: HeadersLike,
): Iterable<readonly [string, string | readonly string[] | undefined]> {
  return Symbol.iterator in headers
    ? (headers as Iterable<readonly [string, string]>)
    : Object.entries(headers);
}
