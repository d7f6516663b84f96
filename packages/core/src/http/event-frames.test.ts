import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFrame, frameHeader, framePayload, frameReader } from './event-frames.ts';

const text = (value: string): Buffer => Buffer.from(value);

/** A header with its type and value as they are on the wire. */
function header(name: string, type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(name.length), text(name), Buffer.of(type), value]);
}

function textHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return header(name, 7, Buffer.concat([length, text(value)]));
}

function frame(payload: string, headers: Uint8Array = Buffer.alloc(0)): Buffer {
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + headers.length + Buffer.byteLength(payload), 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, text(payload)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}

function payloadsOf(chunks: readonly Uint8Array[]): string[] {
  const payloads: string[] = [];
  const read = frameReader((read) => payloads.push(Buffer.from(framePayload(read)).toString()));
  for (const chunk of chunks) read(chunk);
  return payloads;
}

function onlyFrame(bytes: Uint8Array): EventFrame {
  const frames: EventFrame[] = [];
  frameReader((read) => frames.push(read))(bytes);
  expect(frames).toHaveLength(1);
  return frames[0] as EventFrame;
}

const events = [
  frame('{"a":1}', textHeader(':event-type', 'chunk')),
  frame(''),
  frame('ä'.repeat(300), textHeader(':event-type', 'metadata')),
];
const payloads = ['{"a":1}', '', 'ä'.repeat(300)];
const stream = Buffer.concat(events);

describe('frameReader()', () => {
  it('reads the payloads of a stream that is cut at any byte', () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(payloadsOf([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(payloads);
    }
  });

  it('reads the payloads of a stream that is cut everywhere', () => {
    expect(payloadsOf(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(payloads);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const chunks = ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
        expect(payloadsOf(chunks)).toEqual(payloads);
      }),
    );
  });

  it('neither changes a chunk nor keeps one that its owner uses again', () => {
    const read: string[] = [];
    const next = frameReader((frame) => read.push(Buffer.from(framePayload(frame)).toString()));
    for (let start = 0; start < stream.length; start += 50) {
      const chunk = Buffer.from(stream.subarray(start, start + 50));
      next(chunk);
      expect(chunk).toEqual(stream.subarray(start, start + 50));
      chunk.fill(0xff);
    }
    expect(read).toEqual(payloads);
  });

  it('waits for the end of a frame', () => {
    expect(payloadsOf([stream.subarray(0, -1)])).toEqual(payloads.slice(0, 2));
  });

  it.each([
    ['a frame shorter than its parts', 15, 0],
    ['a frame of more than 24 MiB', 24 * 1024 * 1024 + 1, 0],
    ['headers longer than the frame', 20, 5],
    ['headers of the longest number', 20, 0xffffffff],
  ])('stops for good at %s', (_case, length, headersLength) => {
    const broken = Buffer.alloc(20);
    broken.writeUInt32BE(length, 0);
    broken.writeUInt32BE(headersLength, 4);
    const whole = frame('whole');
    expect(payloadsOf([Buffer.concat([whole, broken, whole]), whole])).toEqual(['whole']);
  });
});

describe('frameHeader()', () => {
  const headers = [
    header('true', 0, Buffer.alloc(0)),
    header('false', 1, Buffer.alloc(0)),
    header('byte', 2, Buffer.alloc(1)),
    header('short', 3, Buffer.alloc(2)),
    header('int', 4, Buffer.alloc(4)),
    header('long', 5, Buffer.alloc(8)),
    header('bytes', 6, Buffer.of(0, 2, 7, 7)),
    header('time', 8, Buffer.alloc(8)),
    header('uuid', 9, Buffer.alloc(16)),
  ];

  it('reads text headers among headers of every type', () => {
    const all = Buffer.concat([
      ...headers,
      textHeader(':message-type', 'exception'),
      textHeader(':exception-type', 'throttlingException'),
    ]);
    const read = onlyFrame(frame('{"message":"slow"}', all));
    expect(frameHeader(read, ':exception-type')).toBe('throttlingException');
    expect(frameHeader(read, ':message-type')).toBe('exception');
    expect(frameHeader(read, ':event-type')).toBeUndefined();
    expect(frameHeader(read, 'bytes')).toBeUndefined();
    expect(Buffer.from(framePayload(read)).toString()).toBe('{"message":"slow"}');
  });

  it('reads a header of no length, and one that is not ASCII', () => {
    const read = onlyFrame(
      frame('', Buffer.concat([textHeader('empty', ''), textHeader(':event-type', 'ä')])),
    );
    expect(frameHeader(read, 'empty')).toBe('');
    expect(frameHeader(read, ':event-type')).toBe('ä');
  });

  it('finds nothing in headers that cannot be', () => {
    const name = text(':event-type');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const value = frameHeader(onlyFrame(frame('{"a":1}', bytes)), ':event-type');
        if (value !== undefined) expect(Buffer.from(bytes).includes(name)).toBe(true);
      }),
    );
    const cut = textHeader(':event-type', 'chunk').subarray(0, -1);
    expect(frameHeader(onlyFrame(frame('payload', cut)), ':event-type')).toBeUndefined();
    const unknown = Buffer.concat([header('new', 10, Buffer.alloc(4)), textHeader(':event-type', 'chunk')]);
    expect(frameHeader(onlyFrame(frame('', unknown)), ':event-type')).toBeUndefined();
  });
});
