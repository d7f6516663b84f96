import { describe, expect, it } from 'vitest';
import { splitEvents } from './split-events.ts';

describe('splitEvents()', () => {
  it('reads name and data, and keeps what was sent', () => {
    expect(splitEvents('event: ping\ndata: {"a":1}\n\ndata:[DONE]\n\n')).toEqual([
      { name: 'ping', data: '{"a":1}', raw: 'event: ping\ndata: {"a":1}\n\n' },
      { name: undefined, data: '[DONE]', raw: 'data:[DONE]\n\n' },
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('joins lines of data, passes over the rest, lines ending with %j', (end) => {
    const raw = [': comment', 'data: one', 'data:  two', 'data', 'id: 7', 'retry', '', ''].join(end);
    expect(splitEvents(raw)).toEqual([{ name: undefined, data: 'one\n two\n', raw }]);
  });

  it('loses nothing', () => {
    for (const text of ['', '\n\n', 'data: a', '\r\n: x\n\n\ndata: b\r\rdata: c\n']) {
      expect(
        splitEvents(text)
          .map(({ raw }) => raw)
          .join(''),
      ).toBe(text);
    }
  });

  it('takes an event of a megabyte in no time', () => {
    const before = process.cpuUsage();
    expect(splitEvents(`data: ${'x'.repeat(1_000_000)}\n\n`)).toHaveLength(1);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });
});
