import { describe, expect, it } from 'vitest';
import { insertBeforeClosingBrace, type SseEvent, type SseHandler, SseTap } from './sse-tap.ts';

class Recorder implements SseHandler {
  readonly data: (string | undefined)[] = [];
  ended: boolean[] = [];

  onEvent({ bytes, data }: SseEvent): Uint8Array[] {
    this.data.push(data);
    return [bytes];
  }

  onEnd(isComplete: boolean): Uint8Array[] {
    this.ended.push(isComplete);
    return [];
  }
}

/** Sends a body through a tap, cut into pieces of the given size, and returns its output. */
function run(body: string | Buffer, size: number, isComplete = true): { passed: string; handler: Recorder } {
  const handler = new Recorder();
  const tap = new SseTap(handler);
  const bytes = Buffer.from(body);
  const passed: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    passed.push(...tap.push(bytes.subarray(start, start + size)));
  }
  passed.push(...tap.end(isComplete));
  return { passed: Buffer.concat(passed).toString('hex'), handler };
}

const hex = (text: string): string => Buffer.from(text).toString('hex');
const dataOf = (body: string, size: number): (string | undefined)[] =>
  run(body, size).handler.data.filter((data) => data !== undefined);

describe('SseTap', () => {
  const lines = [
    ': hello',
    'event: x',
    'id: 7',
    'data: {"text":"Grüße 🚀",',
    'data:"n":1}',
    '',
    'data: [DONE]',
    '',
  ];

  describe.each([
    ['line feeds', '\n'],
    ['carriage returns', '\r'],
    ['both', '\r\n'],
  ])('with %s', (_name, end) => {
    const body = lines.map((line) => line + end).join('');

    it.each([1, 2, 3, 5, 7, 1000])('finds the same events in pieces of %i bytes', (size) => {
      const { passed, handler } = run(body, size);
      expect(handler.data.filter((data) => data !== undefined)).toEqual([
        '{"text":"Grüße 🚀",\n"n":1}',
        '[DONE]',
      ]);
      expect(passed).toBe(hex(body));
      expect(handler.ended).toEqual([true]);
    });

    it('passes an event on as soon as its blank line is there', () => {
      const handler = new Recorder();
      const tap = new SseTap(handler);
      expect(tap.push(Buffer.from(`data: 1${end}`))).toEqual([]);
      expect(tap.push(Buffer.from(end.slice(0, 1)))).toEqual([
        Buffer.from(`data: 1${end}${end.slice(0, 1)}`),
      ]);
    });
  });

  it('knows comments and other fields from data', () => {
    expect(run(': ping\n\nretry: 5\n\ndatax: 1\n\ndata: 2\n\n', 4).handler.data).toEqual([
      undefined,
      undefined,
      undefined,
      '2',
    ]);
  });

  it('takes one blank off the data and no more', () => {
    expect(dataOf('data:  two\n\ndata:none\n\ndata:\n\n', 3)).toEqual([' two', 'none', '']);
  });

  it('reads past a byte order mark', () => {
    const body = '\uFEFFdata: 1\n\n';
    expect(dataOf(body, 1)).toEqual(['1']);
    expect(run(body, 1).passed).toBe(hex(body));
  });

  it('reads a last event without its blank line, unless the body was cut off', () => {
    expect(dataOf('data: 1\n\ndata: 2', 2)).toEqual(['1', '2']);
    const cut = run('data: 1\n\ndata: 2', 2, false);
    expect(cut.handler.data).toEqual(['1']);
    expect(cut.handler.ended).toEqual([false]);
    expect(cut.passed).toBe(hex('data: 1\n\ndata: 2'));
  });

  it('passes bytes on that are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('data: '), Buffer.from([0xff, 0xc3]), Buffer.from('\n\n')]);
    expect(run(body, 1).passed).toBe(body.toString('hex'));
  });

  it('gives up on an event that does not end', () => {
    const handler = new Recorder();
    const tap = new SseTap(handler);
    const piece = Buffer.alloc(8 * 1024 * 1024, 0x61);
    const passed = Array.from({ length: 5 }, () => tap.push(piece)).flat();
    expect(Buffer.concat(passed)).toHaveLength(5 * piece.length);
    expect(handler.ended).toEqual([false]);
    // Compared by identity: the pieces are large.
    expect(tap.push(piece)[0]).toBe(piece);
    expect(tap.end(true)).toEqual([]);
  });
});

describe('insertBeforeClosingBrace()', () => {
  const insert = (text: string): string | undefined =>
    insertBeforeClosingBrace({ bytes: Buffer.from(text), data: '' }, ',"b":2')?.toString();

  it.each([
    ['data: {"a":1}\n\n', 'data: {"a":1,"b":2}\n\n'],
    [
      'event: x}\r\ndata: {"a":{}}  \r\nid: }\r\n\r\n',
      'event: x}\r\ndata: {"a":{},"b":2}  \r\nid: }\r\n\r\n',
    ],
    ['data: {"a":\ndata: 1}\ndata: \n: }\n\n', 'data: {"a":\ndata: 1,"b":2}\ndata: \n: }\n\n'],
  ])('changes %j at one place', (text, changed) => {
    expect(insert(text)).toBe(changed);
  });

  it('finds no place without an object', () => {
    expect(insert('data: 1\n\n')).toBeUndefined();
    expect(insert(': }\n\n')).toBeUndefined();
  });
});
