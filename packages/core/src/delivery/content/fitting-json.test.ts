import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittingJson, fittingList } from './fitting-json.ts';

describe('fittingJson()', () => {
  it('is the JSON of what fits, and a text as it stands', () => {
    expect(fittingJson({ a: ['ü'] }, 100)).toEqual({ json: '{"a":["ü"]}', isCut: false });
    expect(fittingJson('plain "text"', 100)).toEqual({ json: 'plain "text"', isCut: false });
    expect(fittingJson(undefined, 100)).toEqual({ json: undefined, isCut: false });
    expect(fittingJson(null, 100)).toEqual({ json: undefined, isCut: false });
  });

  it('cuts long texts, keeps short ones, and stays JSON', () => {
    const { json, isCut } = fittingJson({ role: 'user', content: 'x'.repeat(5000) }, 1000);
    expect(isCut).toBe(true);
    expect(JSON.parse(String(json))).toEqual({ role: 'user', content: `${'x'.repeat(250)}…` });
  });

  it('leaves out what cannot be made to fit', () => {
    expect(
      fittingJson(
        Array.from({ length: 1000 }, (_, index) => index),
        100,
      ),
    ).toEqual({
      json: undefined,
      isCut: true,
    });
  });

  it('never gives more than the room', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 6, max: 400 }), (value, maxBytes) => {
        const { json } = fittingJson(value, maxBytes);
        expect(Buffer.byteLength(json ?? '')).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});

describe('fittingList()', () => {
  it('leaves out the end that does not fit', () => {
    const events = [{ n: 1 }, { n: 2 }, 'text', { n: 3 }];
    expect(fittingList(events, 100)).toEqual({
      json: ['{"n":1}', '{"n":2}', 'text', '{"n":3}'],
      isCut: false,
    });
    expect(fittingList(events, 15)).toEqual({ json: ['{"n":1}', '{"n":2}'], isCut: true });
  });
});
