const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const isLineEnd = (byte: number | undefined): boolean => byte === lineFeed || byte === carriageReturn;
const none = new Uint8Array(0);

/**
 * Cuts the bytes of a server-sent event stream where an event ends, wherever the chunks were cut: in a character, in a
 * line, between CR and LF. Keeps what follows the last end, and nothing else.
 *
 * Lines end with CRLF, LF or CR; an empty line ends an event.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class EventBlocks {
  #rest: Uint8Array[] = [];
  /** The last three bytes before the chunk at hand, the last one first. An end of an event is no longer than four. */
  #before: readonly (number | undefined)[] = [];

  /**
   * @param chunk - Not changed and not kept: what is needed later is copied, because it belongs to its reader.
   * @returns All events that are now whole, as one piece; empty for none. The chunk itself where that is the piece.
   */
  push(chunk: Uint8Array): Uint8Array {
    const end = this.#lastEnd(chunk);
    if (chunk.length > 0) this.#before = this.#tail(chunk);
    if (end === 0) {
      if (chunk.length > 0) this.#rest.push(chunk.slice());
      return none;
    }
    const head = end === chunk.length ? chunk : chunk.subarray(0, end);
    const block = this.#rest.length === 0 ? head : joinBytes([...this.#rest, head]);
    this.#rest = end === chunk.length ? [] : [chunk.slice(end)];
    return block;
  }

  /** What came after the last event: an event that its sender did not end, or nothing. */
  flush(): Uint8Array {
    const rest = joinBytes(this.#rest);
    this.#rest = [];
    this.#before = [];
    return rest;
  }

  /** Behind the last empty line that ends in this chunk; 0 for none. */
  #lastEnd(chunk: Uint8Array): number {
    for (let last = chunk.length - 1; last >= 0; last -= 1) {
      const byte = chunk[last];
      if (byte !== lineFeed && byte !== carriageReturn) continue;
      const isPair = byte === lineFeed && this.#at(chunk, last - 1) === carriageReturn;
      if (isLineEnd(this.#at(chunk, last - (isPair ? 2 : 1)))) return last + 1;
    }
    return 0;
  }

  #at(chunk: Uint8Array, index: number): number | undefined {
    return index >= 0 ? chunk[index] : this.#before[-index - 1];
  }

  #tail(chunk: Uint8Array): readonly (number | undefined)[] {
    const { length } = chunk;
    return [this.#at(chunk, length - 1), this.#at(chunk, length - 2), this.#at(chunk, length - 3)];
  }
}

/** One piece; the first one itself where it is the only one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (first === undefined) return none;
  if (pieces.length === 1) return first;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
