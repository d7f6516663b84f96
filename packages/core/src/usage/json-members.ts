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
  let depth = 0;
  let nameStart = 0;
  let nameEnd = 0;
  /** Where the value begins; 0 while there is none. */
  let start = 0;
  for (let index = 0; index < json.length; index += 1) {
    const code = codeAt(json, index) as number;
    if (code === quote) {
      const end = endOfString(json, index);
      if (start === 0) {
        nameStart = index + 1;
        nameEnd = end - 1;
      }
      index = end - 1;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
    } else if (code === 0x3a && depth === 1) {
      start = index + 1;
    } else if (code === 0x2c || code === 0x7d || code === 0x5d) {
      if (depth === 1 && start > 0) {
        for (const name of names) {
          if (name.length === nameEnd - nameStart && isAt(json, nameStart, name)) {
            found.set(name, { start, end: index });
          }
        }
        if (isFirstEnough && found.size > 0) break;
        start = 0;
      }
      if (code !== 0x2c) depth -= 1;
    }
    // Not an object, or its end.
    if (depth === 0 && code > 0x20) break;
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
