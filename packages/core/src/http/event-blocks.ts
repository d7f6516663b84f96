import { joinBytes } from '../runtime.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const isLineEnd = (byte: number | undefined): boolean => byte === lineFeed || byte === carriageReturn;
export const none: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

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
  /** The last three bytes before the chunk at hand, the last one lowest. The end of an event is at most four bytes. */
  #before = 0;

  /**
   * @param chunk - Not changed and not kept: it belongs to its reader, so what is needed later is copied.
   * @returns All events that are now complete, in one piece; empty if there are none. The chunk itself if it is the piece.
   */
  push(chunk: Uint8Array): Uint8Array {
    const end = this.#lastEnd(chunk);
    for (let index = Math.max(0, chunk.length - 3); index < chunk.length; index += 1) {
      this.#before = ((this.#before << 8) | (chunk[index] as number)) & 0xffffff;
    }
    if (end === 0) {
      if (chunk.length > 0) this.#rest.push(joinBytes([chunk]));
      return none;
    }
    if (end === chunk.length && this.#rest.length === 0) return chunk;
    const block = joinBytes([...this.#rest, chunk.subarray(0, end)]);
    this.#rest = end === chunk.length ? [] : [joinBytes([chunk.subarray(end)])];
    return block;
  }

  /** What came after the last event: an event that its sender did not end, or nothing. */
  flush(): Uint8Array {
    const rest = joinBytes(this.#rest);
    this.#rest = [];
    return rest;
  }

  /** The offset behind the last empty line that ends in this chunk; 0 if none does. */
  #lastEnd(chunk: Uint8Array): number {
    for (let last = chunk.length - 1; last >= 0; last -= 1) {
      const byte = chunk[last];
      if (!isLineEnd(byte)) continue;
      const isPair = byte === lineFeed && this.#at(chunk, last - 1) === carriageReturn;
      if (isLineEnd(this.#at(chunk, last - (isPair ? 2 : 1)))) return last + 1;
    }
    return 0;
  }

  #at(chunk: Uint8Array, index: number): number | undefined {
    return index >= 0 ? chunk[index] : (this.#before >> (8 * (-index - 1))) & 0xff;
  }
}
