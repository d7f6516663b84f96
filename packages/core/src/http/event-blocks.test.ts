import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBlocks } from './event-blocks.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** What comes out of each chunk, and the rest. */
function cut(chunks: readonly Uint8Array[]): string[] {
  const blocks = new EventBlocks();
  return [...chunks.map((chunk) => decode(blocks.push(chunk))), decode(blocks.flush())];
}

describe('EventBlocks', () => {
  it.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CR LF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
  ])('gives whole events and keeps the rest, lines ending with %s', (_name, text) => {
    const bytes = encode(text);
    const half = text.length / 2;
    expect(cut([bytes])).toEqual([text, '']);
    expect(cut([bytes.subarray(0, half - 1), bytes.subarray(half - 1, -1)]).join('')).toBe(text.slice(0, -1));
    expect(cut([bytes.subarray(0, half + 3)])).toEqual([text.slice(0, half), text.slice(half, half + 3)]);
  });

  it('gives the chunk itself where it is whole events', () => {
    const chunk = encode('data: a\n\n');
    expect(new EventBlocks().push(chunk)).toBe(chunk);
  });

  it('does not take CR LF for two ends of lines, wherever it is cut', () => {
    expect(cut([encode('event: a\r'), encode('\ndata: b\r'), encode('\n\r'), encode('\n')])).toEqual([
      '',
      '',
      // The line end of the event may be this CR; the LF after it is an empty line more, which says nothing.
      'event: a\r\ndata: b\r\n\r',
      '\n',
      '',
    ]);
  });

  it('keeps a copy, because the chunk is its reader’s', () => {
    const blocks = new EventBlocks();
    const chunk = encode('data: a');
    blocks.push(chunk);
    chunk.fill(0);
    expect(decode(blocks.push(encode('\n\n')))).toBe('data: a\n\n');
  });

  it('keeps a copy of a Buffer, whose slice() is none', () => {
    const blocks = new EventBlocks();
    for (const text of ['data: a', '\n\ndata: b']) {
      const chunk = Buffer.from(text);
      blocks.push(chunk);
      chunk.fill(0);
    }
    expect(decode(blocks.flush())).toBe('data: b');
  });

  it('gives all bytes in order, and only whole events, however they are cut', () => {
    const line = fc.constantFrom(
      'data: Grüße',
      'data: 世界 🙂',
      'event: x',
      ': comment',
      'id: 1',
      '',
      'data: ',
    );
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    const text = fc
      .array(fc.tuple(line, lineEnd))
      .map((lines) => lines.map(([content, end]) => content + end).join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 9 })), (stream, sizes) => {
        const bytes = encode(stream);
        const chunks: Uint8Array[] = [];
        for (let offset = 0, index = 0; offset < bytes.length; index += 1) {
          const size = sizes[index % Math.max(1, sizes.length)] ?? 5;
          chunks.push(bytes.subarray(offset, offset + size));
          offset += size;
        }
        const blocks = cut(chunks);
        expect(blocks.join('')).toBe(stream);
        for (const block of blocks.slice(0, -1))
          expect(block).toMatch(/^$|(?:\r\n|\r|\n)(?:\r\n|\r|\n)$|^(?:\r\n|\r|\n)+$/);
        // Nothing that is over is kept back.
        expect(blocks.at(-1)).not.toMatch(/[^\r\n](?:\n\n|\r\r|\r\n\r\n)/);
      }),
    );
  });
});
