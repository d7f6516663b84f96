import { decodeText, isObject } from '../runtime.ts';

/** An object of a provider's JSON. Its members are unknown. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const empty: JsonRecord = Object.freeze({});

/** A member of anything; `undefined` where there is none, or reading it throws. */
export function member(value: unknown, name: string): unknown {
  try {
    return isObject(value) ? value[name] : undefined;
  } catch {
    return undefined;
  }
}

/** The value, if its members may be read; else an empty object. */
export function record(value: unknown): JsonRecord {
  return isObject(value) ? value : empty;
}

/** The members of a list as objects; an empty list for any other value. */
export function records(value: unknown): readonly JsonRecord[] {
  const list: JsonRecord[] = [];
  if (Array.isArray(value)) for (const member of value as unknown[]) list.push(record(member));
  return list;
}

/** The value of a JSON text; `undefined` if it is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether the value is text, and not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The value, if it is text and not empty. */
export function text(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

/** The value, if it is a count: a whole number from 0 that a double holds exactly. `null`, text and fractions are not. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A copy without members that are `undefined`. */
export function known<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const copy: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) copy[name] = value as Exclude<T[typeof name], undefined>;
  }
  return copy;
}

/** The object or list, unless it is empty. */
export function filled<T extends object>(members: T): T | undefined {
  for (const _ in members) return members;
  return undefined;
}

/** JSON as text or as UTF-8. Megabytes of UTF-8 are not decoded to find one member. */
export type JsonSource = string | Uint8Array;

/** Where a value is. */
export interface JsonSpan {
  readonly start: number;
  /** The index after its last character. */
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
  return parseJson(textIn(json, span.start, span.end));
}

/** An object with the first member that has one of the names, parsed; empty if there is none. */
export function parseMember(json: JsonSource, names: readonly string[]): Readonly<Record<string, unknown>> {
  for (const [name, span] of findJsonMembers(json, names, true)) return { [name]: parseSpan(json, span) };
  return {};
}

/** Longer texts and lists of numbers are content, not facts. */
const longest = 1024;

/**
 * Parses JSON without its long texts and lists of numbers, which are empty in the result: of megabytes of pictures and
 * embeddings there is left how many they are.
 *
 * @returns `undefined` if it is not JSON.
 */
export function parseBrief(source: JsonSource): unknown {
  const json = searchable(source);
  let kept = '';
  let start = 0;
  for (let index = 0; index < json.length; index += 1) {
    const code = codeAt(json, index);
    const isText = code === quote;
    if (!isText && !(code === openBracket && isNumeral(codeAt(json, index + 1)))) continue;
    // The index of the mark that ends it.
    const end = isText ? endOfString(json, index) - 1 : indexOf(json, closeBracket, index);
    if (end - index > longest) {
      kept += textIn(json, start, index + 1);
      start = end;
    }
    index = end;
  }
  return parseJson(kept + textIn(json, start, json.length));
}

/** Node's `Buffer` finds a byte in a sixth of the time (measured: 20 MB of base64). */
function searchable(json: JsonSource): JsonSource {
  const { Buffer } = globalThis as {
    Buffer?: { from?(...bytes: [ArrayBufferLike, number, number]): Uint8Array };
  };
  return typeof json === 'string'
    ? json
    : (Buffer?.from?.(json.buffer, json.byteOffset, json.byteLength) ?? json);
}

function textIn(json: JsonSource, start: number, end: number): string {
  return typeof json === 'string' ? json.slice(start, end) : decodeText(json.subarray(start, end));
}

function indexOf(json: JsonSource, code: number, start: number): number {
  const index =
    typeof json === 'string' ? json.indexOf(String.fromCharCode(code), start) : json.indexOf(code, start);
  return index === -1 ? json.length : index;
}

/** A digit, or the sign of a number. */
function isNumeral(code: number | undefined): boolean {
  return code !== undefined && ((code >= 0x30 && code <= 0x39) || code === 0x2d);
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;

/** `NaN` or `undefined` past the end. */
function codeAt(json: JsonSource, index: number): number | undefined {
  return typeof json === 'string' ? json.charCodeAt(index) : json[index];
}

function isAt(json: JsonSource, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (codeAt(json, start + index) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** The index after the quotation mark that ends the string at `start`. */
function endOfString(json: JsonSource, start: number): number {
  let end = start;
  for (;;) {
    end = indexOf(json, quote, end + 1);
    if (end === json.length) return end;
    let escapes = 0;
    while (codeAt(json, end - 1 - escapes) === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}
