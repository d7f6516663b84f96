/** Where a value stands in a text. */
export interface TextSpan {
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
}

/**
 * Finds members at the top level of a JSON object without parsing the rest, which may be megabytes of content. Only the
 * top level counts, so that nothing a model or a user writes can pass for it.
 *
 * @returns The spans of the values found, by name; the last one where a name is repeated, as `JSON.parse` has it. What is
 *   no JSON object gives nothing; of what breaks off, whatever was whole.
 */
export function findJsonMembers(text: string, names: ReadonlySet<string>): Map<string, TextSpan> {
  const found = new Map<string, TextSpan>();
  let index = skipBlanks(text, 0);
  if (text[index] !== '{') return found;
  index = skipBlanks(text, index + 1);
  while (text[index] === '"') {
    const nameEnd = endOfString(text, index);
    const colon = skipBlanks(text, nameEnd);
    if (text[colon] !== ':') break;
    const start = skipBlanks(text, colon + 1);
    const end = endOfValue(text, start);
    if (end === undefined) break;
    const name = text.slice(index + 1, nameEnd - 1);
    if (names.has(name)) found.set(name, { start, end });
    const comma = skipBlanks(text, end);
    if (text[comma] !== ',') break;
    index = skipBlanks(text, comma + 1);
  }
  return found;
}

/** The value of a span; `undefined` for none, and for what is no JSON. */
export function parseSpan(text: string, span: TextSpan | undefined): unknown {
  if (span === undefined) return undefined;
  try {
    return JSON.parse(text.slice(span.start, span.end)) as unknown;
  } catch {
    return undefined;
  }
}

function skipBlanks(text: string, from: number): number {
  let index = from;
  for (;;) {
    const code = text.charCodeAt(index);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return index;
    index += 1;
  }
}

/** Behind the quotation mark that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** Behind the value that begins at `start`; `undefined` when the text ends first. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < text.length; ) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = endOfString(text, index);
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
