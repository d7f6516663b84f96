import type { Message } from '@smithy/eventstream-codec';
import { eventStreamCodec } from '../event-stream-frame.ts';
import type { StreamTap } from './stream-tap.ts';

/** One event of an `application/vnd.amazon.eventstream` body, and its bytes. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** `undefined` if the bytes are not a valid message, e.g. because of a wrong checksum. */
  readonly message: Message | undefined;
}

/** Reads the events of a stream, and decides which bytes are passed on in their place. */
export interface FrameHandler {
  /** @returns The bytes to pass on now, e.g. `[frame.bytes]`; a handler holds a frame back by returning `[]`. */
  onFrame(frame: Frame): Uint8Array[];
  /**
   * Called once, after the last frame.
   *
   * @param isComplete - False if the provider broke off, between frames or inside a frame.
   * @returns The bytes that were held back.
   */
  onEnd(isComplete: boolean): Uint8Array[];
}

/** The size of the length prefix, and its limits: a message holds up to 16 MiB of payload, and headers. */
const prefixBytes = 4;
const minFrameBytes = 16;
const maxFrameBytes = 24 * 1024 * 1024;

/**
 * Splits the chunks of an event stream into frames for a {@link FrameHandler}. Bytes that are not a frame, and all
 * bytes after them, are passed on unchanged.
 */
export class EventStreamTap implements StreamTap {
  readonly #handler: FrameHandler;
  #rest: Buffer = Buffer.alloc(0);
  #isOpaque = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#isOpaque) return [chunk];
    const passed: Uint8Array[] = [];
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : Buffer.from(chunk);
    while (this.#rest.length >= prefixBytes) {
      const frameBytes = this.#rest.readUInt32BE(0);
      if (frameBytes < minFrameBytes || frameBytes > maxFrameBytes) {
        passed.push(...this.#handler.onEnd(false), this.#rest);
        this.#isOpaque = true;
        break;
      }
      if (this.#rest.length < frameBytes) break;
      const bytes = this.#rest.subarray(0, frameBytes);
      this.#rest = this.#rest.subarray(frameBytes);
      passed.push(...this.#handler.onFrame({ bytes, message: decodeMessage(bytes) }));
    }
    return passed;
  }

  end(isComplete: boolean): Uint8Array[] {
    if (this.#isOpaque) return [];
    const isCut = this.#rest.length > 0;
    return [...this.#handler.onEnd(isComplete && !isCut), ...(isCut ? [this.#rest] : [])];
  }
}

/** @returns The frame of a message with the same headers and another body. */
export function encodeMessage(message: Message, body: Uint8Array): Uint8Array {
  return eventStreamCodec.encode({ headers: message.headers, body });
}

/** @returns The text of a header such as `:event-type`. */
export function textHeader(message: Message, name: string): string | undefined {
  const header = message.headers[name];
  return header?.type === 'string' ? header.value : undefined;
}

function decodeMessage(bytes: Uint8Array): Message | undefined {
  try {
    return eventStreamCodec.decode(bytes);
  } catch {
    return undefined;
  }
}
