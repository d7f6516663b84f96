import { decodeText } from '../runtime.ts';

const quote = 0x22;
const backslash = 0x5c;
const isOpening = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d;
const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Makes a function that reads one top-level member of a JSON object out of its bytes, without decoding the rest: the
 * answer of a model may be megabytes, and what is looked for sits beside it. Only the top level counts, so that nothing
 * a model writes can pass for it.
 *
 * @param names - The member's possible names, in ASCII; the first that is found wins.
 * @returns Takes UTF-8 text. Anything but a JSON object gives `undefined`.
 */
export function jsonMemberReader(names: readonly string[]): (bytes: Uint8Array) => unknown {
  const wanted = names.map((name) => Uint8Array.from(name, (character) => character.charCodeAt(0)));
  return (bytes) => {
    let depth = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index] as number;
      if (byte === quote) {
        const end = endOfText(bytes, index);
        if (depth === 1 && wanted.some((name) => equals(bytes, index + 1, end, name))) {
          const start = startOfValue(bytes, end + 1);
          if (start !== undefined) return parse(bytes, start);
        }
        index = end;
      } else if (isOpening(byte)) {
        depth += 1;
      } else if (isClosing(byte)) {
        depth -= 1;
      }
    }
    return undefined;
  };
}

/** The index of the quotation mark that ends the text which begins at `start`. */
function endOfText(bytes: Uint8Array, start: number): number {
  let end = start;
  for (;;) {
    end = bytes.indexOf(quote, end + 1);
    if (end === -1) return bytes.length;
    let escapes = 0;
    while (bytes[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
}

/** Behind the colon; `undefined` when there is none, because then the text is a value and not a name. */
function startOfValue(bytes: Uint8Array, after: number): number | undefined {
  let index = after;
  while (isBlank(bytes[index])) index += 1;
  return bytes[index] === 0x3a ? index + 1 : undefined;
}

function parse(bytes: Uint8Array, start: number): unknown {
  try {
    return JSON.parse(decodeText(bytes.subarray(start, endOfValue(bytes, start))));
  } catch {
    return undefined;
  }
}

/** The index behind an object, a list, or whatever else ends before a comma. */
function endOfValue(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let index = start; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (byte === quote) index = endOfText(bytes, index);
    else if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) {
      depth -= 1;
      if (depth === 0) return index + 1;
      if (depth < 0) return index;
    } else if (byte === 0x2c && depth === 0) return index;
  }
  return bytes.length;
}

function equals(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  return name.every((byte, index) => bytes[start + index] === byte);
}
