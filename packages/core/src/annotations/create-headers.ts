import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import { annotationRows } from './annotation-rows.ts';
import type { Annotations } from './annotations.ts';
import { isCleared, wrongType } from './check-properties.ts';
import { checkTotal, wireLength } from './header-value.ts';
import type { MergedAnnotations } from './merge-annotations.ts';
import { countHeaders } from './unused-headers.ts';

/**
 * Encodes annotations as `xProxy-*` request headers, ready for `extraHeaders` of a Bedrock call with registered
 * callbacks, or for the `headers` request option of the OpenAI and Anthropic SDKs.
 *
 * Strict, because it knows neither the route of the call nor the option `invalidAnnotations`. For text that no header can
 * carry, use `track()`, which accepts it.
 *
 * Fields that are absent, `null` or empty produce no header. The input is not changed, and nothing is returned
 * unless every field encodes. Members of a list that are not text are left out, as Pay-i's Python helper does.
 *
 * @param annotations - Plain data, see {@link Annotations}.
 * @returns A new record, spelled as in {@link headerNames}. Lists are joined with `,`; the two property bags are
 *   padded base64 of compact JSON with every character above U+007E written as `\uXXXX`;
 *   `logPromptAndResponse: false` becomes `True` in `xProxy-Logging-Disable`. All values are printable ASCII, at
 *   most {@link headerBudget} bytes each and together.
 * @throws {@link InvalidAnnotationError} a field is unknown, has the wrong type, or a value that Pay-i is documented
 *   to refuse; `error.key` is its path, e.g. `limitIds[1]`.
 * @throws {@link HeaderEncodingError} a value cannot be sent as a header; `error.byteLength` is its size in bytes.
 * @see https://docs.pay-i.com/docs/list-of-all-supported-headers
 */
export function createHeaders(annotations: Annotations): Record<string, string> {
  const headers = encodeHeaders(annotations);
  countHeaders();
  return headers;
}

/** {@link createHeaders} without the count for the warning `NOT_REGISTERED`. */
export function encodeHeaders(annotations: Annotations): Record<string, string> {
  try {
    checkRecord(annotations);
    const headers: Record<string, string> = {};
    let unread = -encodeFields(annotations, headers);
    for (const _ in annotations) unread += 1;
    // Getters of a class are read but not enumerated: they could offset unknown fields.
    if (unread !== 0 || Object.getPrototypeOf(annotations) !== Object.prototype)
      refuseUnknownFields(annotations);
    return headers;
  } catch (error) {
    throw errorOf(error);
  }
}

/**
 * Checks types and names, and nothing that depends on how the annotations travel.
 *
 * @returns A copy without empty fields, members of lists trimmed.
 * @throws {@link InvalidAnnotationError} a field is unknown or has the wrong type.
 */
export function checkAnnotations(annotations: Annotations): Annotations {
  try {
    checkRecord(annotations);
    refuseUnknownFields(annotations);
    const copy: MergedAnnotations = {};
    for (const { field, check } of annotationRows) {
      const value = annotations[field];
      if (value === undefined || isCleared(value)) continue;
      const checked = check(value);
      if (!isCleared(checked)) copy[field] = checked;
    }
    return copy as Annotations;
  } catch (error) {
    throw errorOf(error);
  }
}

function checkRecord(annotations: unknown): void {
  if (typeof annotations !== 'object' || annotations === null || Array.isArray(annotations)) {
    throw wrongType('annotations', 'an object', annotations);
  }
}

function errorOf(error: unknown): unknown {
  return isPayiError(error)
    ? error
    : new InvalidAnnotationError('annotations', 'could not be read', { cause: error });
}

/**
 * Encodes the annotations among the fields of an object.
 *
 * @param headers - Receives the headers.
 * @returns The number of these fields, cleared fields included.
 */
export function encodeFields(annotations: Annotations, headers: Record<string, string>): number {
  let totalBytes = 0;
  let read = 0;
  for (const { field, headerName, encode } of annotationRows) {
    const value = annotations[field];
    if (value === undefined) continue;
    read += 1;
    if (value === null) continue;
    const text = encode(value);
    if (text === '') continue;
    headers[headerName] = text;
    totalBytes += wireLength(headerName, text);
  }
  checkTotal('annotations', totalBytes);
  return read;
}

/** A misspelt field would be a lost annotation. The compiler misses it in JavaScript, and in data from elsewhere. */
function refuseUnknownFields(annotations: Annotations): void {
  const fields: readonly string[] = annotationRows.map(({ field }) => field);
  for (const field in annotations) {
    if (!fields.includes(field) && annotations[field as keyof Annotations] !== undefined) {
      throw new InvalidAnnotationError(
        `annotations[${JSON.stringify(field.slice(0, 40))}]`,
        `is not an annotation; the fields are ${fields.join(', ')}`,
      );
    }
  }
}
