import { describe, expect, it } from 'vitest';
import { disagreements } from './compare-units.ts';
import type { Units } from './reading.ts';

const compare = (body: Units, headers: Units): string[] =>
  disagreements({ source: 'body', units: body }, { source: 'response-headers', units: headers });

describe('disagreements()', () => {
  it('names the counter, both sources and both counts', () => {
    expect(compare({ text: { input: 12, output: 3 } }, { text: { input: 14, output: 3 } })).toEqual([
      'text.input: body 12, response-headers 14',
    ]);
  });

  it('compares only what both know', () => {
    expect(compare({ text: { input: 12 }, text_cache_read: { input: 5 } }, { text: { output: 3 } })).toEqual(
      [],
    );
  });

  it('adds parts up before it compares them with a whole', () => {
    const split = { text_cache_write: { input: 20 }, text_cache_write_1h: { input: 80 } };
    expect(compare(split, { text_cache_write: { input: 100 } })).toEqual([]);
    expect(compare({ text_cache_write: { input: 100 } }, split)).toEqual([]);
    expect(compare({ text_cache_write_1h: { input: 80 } }, { text_cache_write: { input: 80 } })).toEqual([]);
    expect(compare(split, { text_cache_write: { input: 99 } })).toEqual([
      'text_cache_write.input: body 100, response-headers 99',
    ]);
    expect(compare({ text: { output: 30 }, reasoning: { output: 20 } }, { text: { output: 50 } })).toEqual(
      [],
    );
  });
});
