import { describe, expect, it } from 'vitest';
import { toUnits } from './usage.ts';

describe('toUnits()', () => {
  it('keeps the counters apart', () => {
    expect(toUnits({ input: 1, output: 2, cacheRead: 3, cacheWrite: 4, cacheWrite1h: 5 })).toEqual({
      text: { input: 1, output: 2 },
      text_cache_read: { input: 3 },
      text_cache_write: { input: 4 },
      text_cache_write_1h: { input: 5 },
    });
  });

  it('leaves out audio, images, reasoning and searches that were not used', () => {
    const none = {
      reasoning: 0,
      inputAudio: 0,
      outputAudio: 0,
      inputImage: 0,
      outputImage: 0,
      webSearches: 0,
    };
    expect(toUnits({ input: 1, ...none })).toEqual({ text: { input: 1 } });
    expect(toUnits({ ...none, outputAudio: 3 })).toEqual({ audio: { output: 3 } });
  });

  it('leaves unused caches out', () => {
    expect(toUnits({ input: 0, cacheRead: 0 })).toEqual({ text: { input: 0 } });
    expect(toUnits({})).toEqual({});
  });
});
