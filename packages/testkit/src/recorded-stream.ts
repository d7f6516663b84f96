import type { EventsAnswer } from './bedrock-answer.ts';

/** The shortest frame: its two lengths and two checksums, four bytes each. */
const minFrameBytes = 16;

/**
 * Creates a script from the body of a real event stream, byte for byte, with a step for each frame.
 *
 * @param body - A recorded `application/vnd.amazon.eventstream` body.
 * @throws RangeError the bytes are not a sequence of whole frames; the message says at which byte.
 */
export function recordedStream(body: Uint8Array): EventsAnswer {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const events: { bytes: Uint8Array }[] = [];
  let start = 0;
  while (start < body.length) {
    const length = body.length - start >= minFrameBytes ? view.getUint32(start) : 0;
    if (length < minFrameBytes || length > body.length - start) {
      throw new RangeError(`no whole frame of an event stream begins at byte ${start} of ${body.length}`);
    }
    events.push({ bytes: body.slice(start, start + length) });
    start += length;
  }
  return { events };
}
