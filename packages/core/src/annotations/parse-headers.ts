import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import { type AnnotationRow, annotationRows } from './annotation-rows.ts';
import type { Annotations } from './annotations.ts';
import { wrongType } from './check-properties.ts';

/**
 * Headers in any of their usual shapes: a plain record, the headers of a Node request, or anything that iterates
 * over name and value, such as `Headers` and `Map`.
 */
export type HeadersLike =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

/** By the documented spelling, which is nearly always the one given, and in lower case for all others. */
const rowsByHeader: ReadonlyMap<string, AnnotationRow> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ annotationRows.flatMap((row): [string, AnnotationRow][] => [
    [row.headerName, row],
    [row.lowerCaseName, row],
  ]),
);

/** The annotation that a header carries, its name in any case. */
export function rowOfHeader(name: string): AnnotationRow | undefined {
  return rowsByHeader.get(name) ?? rowsByHeader.get(name.toLowerCase());
}

/** Whether a header carries an annotation, its name in any case. */
export function isAnnotationHeader(name: string): boolean {
  return rowOfHeader(name) !== undefined;
}

/** Headers that carry an annotation, in lower case. */
export const annotationHeaderNames: readonly string[] = /* @__PURE__ */ annotationRows.map(
  ({ lowerCaseName }) => lowerCaseName,
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
  const annotations: ParsedAnnotations = {};
  if (Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<readonly [string, string]>) {
      decodeOne(annotations, name, value);
    }
  } else {
    for (const name of Object.keys(headers)) decodeOne(annotations, name, headers[name]);
  }
  return annotations as Annotations;
}

function decodeOne(annotations: ParsedAnnotations, name: string, value: unknown): void {
  const row = rowOfHeader(name);
  if (row === undefined || value === undefined) return;
  const text: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (Array.isArray(text)) throw givenTwice(row);
  if (typeof text !== 'string') throw wrongType(row.field, 'text', text);
  parseHeader(annotations, row, text);
}

/** What was read so far. */
export type ParsedAnnotations = Partial<Record<keyof Annotations, unknown>>;

/**
 * Reads one header into the annotations.
 *
 * @returns The text without spaces at its ends.
 */
export function parseHeader(annotations: ParsedAnnotations, row: AnnotationRow, given: string): string {
  const { field } = row;
  if (annotations[field] !== undefined) throw givenTwice(row);
  const text = given.trim();
  annotations[field] = text === '' ? null : row.decode(text);
  return text;
}

function givenTwice({ field }: AnnotationRow): InvalidAnnotationError {
  return new InvalidAnnotationError(field, 'must be given in one header');
}
