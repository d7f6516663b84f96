import type { StreamTap } from './stream-tap.ts';

/** One event of a `text/event-stream` body, and its bytes. */
export interface SseEvent {
  /** The whole event: fields, comments, the original line ends, and the blank line that ends it. */
  readonly bytes: Buffer;
  /** Its `data` lines joined with line feeds; `undefined` for a block without data, such as a comment. */
  readonly data: string | undefined;
}

/** Reads the events of a stream, and decides which bytes are passed on in their place. */
export interface SseHandler {
  /** @returns The bytes to pass on now, e.g. `[event.bytes]`; a handler holds an event back by returning `[]`. */
  onEvent(event: SseEvent): Uint8Array[];
  /**
   * Called once, after the last event.
   *
   * @param isComplete - False if the provider broke off.
   * @returns The bytes that were held back.
   */
  onEnd(isComplete: boolean): Uint8Array[];
}

/** Larger than any event of these providers; their largest events are images in base64. */
const maxEventBytes = 32 * 1024 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Allowed before the first event. */
const byteOrderMark = Buffer.from('\uFEFF');

/**
 * Splits the chunks of a server-sent event stream into events for an {@link SseHandler}. It works on bytes, so a chunk
 * may end anywhere: inside a character, inside a line end.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseTap implements StreamTap {
  readonly #handler: SseHandler;
  /** The beginning of an event whose end has not arrived. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #isLineEmpty = true;
  /** Whether a line feed now would belong to the carriage return before it and end no further line. */
  #isAfterReturn = false;
  #isOpaque = false;

  constructor(handler: SseHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#isOpaque) return [chunk];
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const passed: Uint8Array[] = [];
    let start = 0;
    let lineStart = 0;
    for (const index of lineEnds(bytes)) {
      const byte = bytes[index];
      if (index > lineStart) {
        this.#isLineEmpty = false;
        this.#isAfterReturn = false;
      }
      lineStart = index + 1;
      const isSecondHalf = byte === lineFeed && this.#isAfterReturn;
      this.#isAfterReturn = byte === carriageReturn;
      if (isSecondHalf) {
        // At the start of a chunk: the event that this line end closes was already passed on.
        if (this.#partBytes > 0 || index !== start) continue;
        passed.push(...this.#handler.onEvent({ bytes: bytes.subarray(start, lineStart), data: undefined }));
        start = lineStart;
      } else if (!this.#isLineEmpty) {
        this.#isLineEmpty = true;
      } else {
        // A blank line closes the event. The line feed of a CRLF belongs to the event if it has arrived.
        const isPair = byte === carriageReturn && bytes[index + 1] === lineFeed;
        const end = isPair ? index + 2 : index + 1;
        passed.push(...this.#emit(bytes.subarray(start, end)));
        start = end;
      }
    }
    if (lineStart < bytes.length) {
      this.#isLineEmpty = false;
      this.#isAfterReturn = false;
    }
    this.#keep(bytes.subarray(start));
    if (this.#partBytes > maxEventBytes) {
      this.#isOpaque = true;
      passed.push(...this.#handler.onEnd(false), ...this.#parts);
    }
    return passed;
  }

  end(isComplete: boolean): Uint8Array[] {
    if (this.#isOpaque) return [];
    // Some servers omit the last blank line, and clients still read the event.
    const last = isComplete && this.#partBytes > 0 ? this.#emit(Buffer.alloc(0)) : [];
    return [...last, ...this.#handler.onEnd(isComplete), ...this.#parts];
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#partBytes += bytes.length;
  }

  #emit(end: Buffer): Uint8Array[] {
    const bytes = this.#parts.length > 0 ? Buffer.concat([...this.#parts, end]) : end;
    this.#parts = [];
    this.#partBytes = 0;
    return this.#handler.onEvent({ bytes, data: dataOf(bytes) });
  }
}

/**
 * Inserts text before the closing brace of the JSON object in an event, without changing any other byte.
 *
 * @param member - Without a line end, e.g. `,"a":1`.
 * @returns `undefined` when the event holds no closing brace.
 */
export function insertBeforeClosingBrace({ bytes }: SseEvent, member: string): Buffer | undefined {
  for (const { start, end } of dataLines(bytes).reverse()) {
    const brace = bytes.subarray(start, end).lastIndexOf('}');
    if (brace < 0) continue;
    const index = start + brace;
    return Buffer.concat([bytes.subarray(0, index), Buffer.from(member), bytes.subarray(index)]);
  }
  return undefined;
}

function dataOf(bytes: Buffer): string | undefined {
  const lines = dataLines(bytes);
  if (lines.length === 0) return undefined;
  return lines.map(({ start, end }) => bytes.toString('utf8', start, end)).join('\n');
}

/** The positions of line feeds and carriage returns. */
function* lineEnds(bytes: Buffer): Generator<number> {
  const find = (byte: number, from: number): number => {
    const index = bytes.indexOf(byte, from);
    return index < 0 ? bytes.length : index;
  };
  let feed = find(lineFeed, 0);
  let carriage = find(carriageReturn, 0);
  while (feed < bytes.length || carriage < bytes.length) {
    if (feed < carriage) {
      yield feed;
      feed = find(lineFeed, feed + 1);
    } else {
      yield carriage;
      carriage = find(carriageReturn, carriage + 1);
    }
  }
}

/** The positions of the values of an event's `data` fields. */
function dataLines(bytes: Buffer): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  let start = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? byteOrderMark.length : 0;
  for (const index of [...lineEnds(bytes), bytes.length]) {
    const name = bytes.toString('latin1', start, Math.min(index, start + 6));
    if (name.startsWith('data:')) lines.push({ start: start + (name === 'data: ' ? 6 : 5), end: index });
    start = index + 1;
  }
  return lines;
}
