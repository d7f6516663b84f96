import { decodeText } from '../runtime.ts';
import { parseJson } from './json.ts';

/** JSON as text or as UTF-8. Megabytes of UTF-8 are not decoded to find one member. */
export type JsonSource = string | Uint8Array;

/** Where a value is. */
export interface JsonSpan {
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
}

/**
 * Finds members at the top level of a JSON object without parsing the rest, which may be megabytes of content. Only the
 * top level counts, so that nothing a model or a user writes can pass for it.
 *
 * @param names - In ASCII.
 * @param isFirstEnough - Stops at the first member that has one of the names.
 * @returns The spans of the values, by name; the last one if a name is repeated, as with `JSON.parse`. Anything but a JSON
 *   object has no members. If it breaks off, the members before that are found.
 */
export function findJsonMembers(
  json: JsonSource,
  names: readonly string[],
  isFirstEnough = false,
): Map<string, JsonSpan> {
  const found = new Map<string, JsonSpan>();
  let index = skipBlanks(json, 0);
  if (codeAt(json, index) !== 0x7b) return found;
  index = skipBlanks(json, index + 1);
  while (codeAt(json, index) === quote) {
    const nameEnd = endOfString(json, index);
    const colon = skipBlanks(json, nameEnd);
    if (codeAt(json, colon) !== 0x3a) break;
    const start = skipBlanks(json, colon + 1);
    const end = endOfValue(json, start);
    if (end === undefined) break;
    for (const name of names) {
      if (name.length === nameEnd - index - 2 && isAt(json, index + 1, name)) found.set(name, { start, end });
    }
    const comma = skipBlanks(json, end);
    if (codeAt(json, comma) !== 0x2c || (isFirstEnough && found.size > 0)) break;
    index = skipBlanks(json, comma + 1);
  }
  return found;
}

/** The value of a span; `undefined` for no span, and for what is not JSON. */
export function parseSpan(json: JsonSource, span: JsonSpan | undefined): unknown {
  if (span === undefined) return undefined;
  const { start, end } = span;
  return parseJson(typeof json === 'string' ? json.slice(start, end) : decodeText(json.subarray(start, end)));
}

/** An object of the first member that has one of the names, parsed; an empty one if there is none. */
export function parseMember(json: JsonSource, names: readonly string[]): Readonly<Record<string, unknown>> {
  for (const [name, span] of findJsonMembers(json, names, true)) return { [name]: parseSpan(json, span) };
  return {};
}

const quote = 0x22;
const backslash = 0x5c;

/** `NaN` or `undefined` behind the end. */
function codeAt(json: JsonSource, index: number): number | undefined {
  return typeof json === 'string' ? json.charCodeAt(index) : json[index];
}

function isAt(json: JsonSource, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (codeAt(json, start + index) !== name.charCodeAt(index)) return false;
  }
  return true;
}

function skipBlanks(json: JsonSource, from: number): number {
  let index = from;
  for (;;) {
    const code = codeAt(json, index);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return index;
    index += 1;
  }
}

/** Behind the quotation mark that ends the string which begins at `start`. */
function endOfString(json: JsonSource, start: number): number {
  let end = start;
  for (;;) {
    end = typeof json === 'string' ? json.indexOf('"', end + 1) : json.indexOf(quote, end + 1);
    if (end === -1) return json.length;
    let escapes = 0;
    while (codeAt(json, end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** Behind the value that begins at `start`; `undefined` if the JSON ends before it does. */
function endOfValue(json: JsonSource, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < json.length; ) {
    const code = codeAt(json, index);
    if (code === quote) {
      index = endOfString(json, index);
      if (depth === 0) return index;
      continue;
    }
    if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (code === 0x2c && depth === 0) return index;
    index += 1;
  }
  return undefined;
}
