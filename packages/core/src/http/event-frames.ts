import { decodeText, joinBytes } from '../runtime.ts';

/** The length of the frame, that of its headers, and a checksum of both. */
const preludeLength = 12;
/** Prelude, headers, payload, and a checksum of four bytes. */
const shortestFrame = 16;
const longestFrame = 24 * 1024 * 1024;

/** Types of headers with a length of two bytes before the value. */
const bytesType = 6;
const textType = 7;
/** Type of a header → length of its value. */
const valueLengths = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16] as const;

/** A frame of an event stream. Its bytes belong to the stream: copy what you keep. */
export interface EventFrame {
  /** All of it, checksums included. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
}

/** The payload of a frame, a view of its bytes. */
export function framePayload({ bytes, payloadStart }: EventFrame): Uint8Array {
  return bytes.subarray(payloadStart, -4);
}

/** The text of a header, such as `:event-type` or `:exception-type`; `undefined` if the frame has no such text. */
export function frameHeader({ bytes, payloadStart }: EventFrame, name: string): string | undefined {
  for (let start = preludeLength; start < payloadStart; ) {
    const nameEnd = start + 1 + (bytes[start] as number);
    const type = bytes[nameEnd] as number;
    let valueStart = nameEnd + 1;
    let length: number | undefined = valueLengths[type];
    if (type === textType || type === bytesType) {
      length = (bytes[valueStart] as number) * 256 + (bytes[valueStart + 1] as number);
      valueStart += 2;
    }
    const end = valueStart + (length ?? Number.NaN);
    // An unknown type, or a length that reaches into the payload.
    if (!(end <= payloadStart)) return undefined;
    if (type === textType && decodeText(bytes.subarray(start + 1, nameEnd)) === name) {
      return decodeText(bytes.subarray(valueStart, end));
    }
    start = end;
  }
  return undefined;
}

/**
 * Splits the chunks of `application/vnd.amazon.eventstream` into frames, wherever they are cut. Checksums are left to the
 * SDK. At most one unfinished frame is kept; after an impossible length, nothing more is read.
 *
 * @returns Reads the next chunk, which it neither changes nor keeps.
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 */
export function frameReader(onFrame: (frame: EventFrame) => void): (chunk: Uint8Array) => void {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let needed = shortestFrame;
  let isLost = false;
  return (chunk) => {
    if (isLost) return;
    let rest = chunk;
    size += chunk.length;
    if (size >= needed) {
      if (pieces.length > 0) rest = joinBytes([...pieces, chunk]);
      pieces = [];
      needed = shortestFrame;
      while (rest.length >= needed) {
        const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
        const length = view.getUint32(0);
        const payloadStart = preludeLength + view.getUint32(4);
        isLost = length > longestFrame || payloadStart > length - 4;
        if (isLost) return;
        needed = length;
        if (rest.length < length) break;
        onFrame({ bytes: rest.subarray(0, length), payloadStart });
        rest = rest.subarray(length);
        needed = shortestFrame;
      }
      size = rest.length;
    }
    if (rest.length > 0) pieces.push(joinBytes([rest]));
  };
}
