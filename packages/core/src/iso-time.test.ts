import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from './iso-time.ts';

describe('isoTime()', () => {
  it('writes what toISOString() writes, in any order of times', () => {
    const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
    const stepMs = fc.integer({ min: -1500, max: 1500 });
    fc.assert(
      fc.property(time, fc.array(stepMs), (start, steps) => {
        for (const step of [0, ...steps]) {
          const at = Math.max(0, start + step);
          expect(isoTime(at)).toBe(new Date(at).toISOString());
        }
      }),
    );
  });
});
