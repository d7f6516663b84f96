import { describe, expect, it } from 'vitest';
import { eventFrame, exceptionFrame } from './__fixtures__/start-payi-provider.ts';
import { EventStreamTap, type Frame, type FrameHandler, textHeader } from './event-stream-tap.ts';

class RecordingHandler implements FrameHandler {
  readonly log: string[] = [];

  onFrame({ bytes, message }: Frame): Uint8Array[] {
    this.log.push(message ? (textHeader(message, ':event-type') ?? 'other') : 'invalid');
    return [bytes];
  }

  onEnd(isComplete: boolean): Uint8Array[] {
    this.log.push(isComplete ? 'complete' : 'cut off');
    return [];
  }
}

/** Sends bytes through a tap in pieces and returns its output. */
function run(bytes: Uint8Array, pieceBytes: number, isComplete = true): { log: string[]; out: Buffer } {
  const handler = new RecordingHandler();
  const tap = new EventStreamTap(handler);
  const out: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    out.push(...tap.push(bytes.subarray(start, start + pieceBytes)));
  }
  out.push(...tap.end(isComplete));
  return { log: handler.log, out: Buffer.concat(out) };
}

describe('EventStreamTap', () => {
  const stream = Buffer.concat([
    eventFrame('messageStart', { role: 'assistant' }),
    eventFrame('metadata', { usage: {} }),
    exceptionFrame('throttlingException', 'slow down'),
  ]);

  it.each([1, 3, 50, 10_000])('finds the frames in pieces of %i bytes', (pieceBytes) => {
    const { log, out } = run(stream, pieceBytes);
    expect(log).toEqual(['messageStart', 'metadata', 'other', 'complete']);
    expect(out).toEqual(stream);
  });

  it('passes on a frame that is cut off', () => {
    const { log, out } = run(stream.subarray(0, stream.length - 5), 64);
    expect(log).toEqual(['messageStart', 'metadata', 'cut off']);
    expect(out).toEqual(stream.subarray(0, stream.length - 5));
  });

  it('says when the provider broke off between frames', () => {
    expect(run(stream, 64, false).log.at(-1)).toBe('cut off');
  });

  it('passes on a frame with a wrong checksum', () => {
    const damaged = Buffer.from(stream);
    damaged.writeUInt8(damaged.readUInt8(90) ^ 1, 90);
    const { log, out } = run(damaged, 64);
    expect(log[0]).toBe('invalid');
    expect(log).toContain('metadata');
    expect(out).toEqual(damaged);
  });

  it.each(['HTTP is not an event stream', '\0\0\0\x04 too short', '\xff\xff\xff\xff too long'])(
    'passes on bytes that are no frames: %j',
    (text) => {
      const bytes = Buffer.concat([eventFrame('chunk', {}), Buffer.from(text, 'latin1')]);
      const { log, out } = run(bytes, 7);
      expect(log).toEqual(['chunk', 'cut off']);
      expect(out).toEqual(bytes);
    },
  );
});
