import { describe, expect, it } from 'vitest';
import { readInvocationMetrics } from './readers.ts';
import { nothing } from './reading.ts';

describe('readInvocationMetrics()', () => {
  it('reads the four counters', () => {
    const metrics = {
      inputTokenCount: 15,
      outputTokenCount: 4,
      invocationLatency: 1655,
      firstByteLatency: 1610,
      cacheReadInputTokenCount: 100,
      cacheWriteInputTokenCount: 20,
    };
    expect(readInvocationMetrics({ 'amazon-bedrock-invocationMetrics': metrics })).toEqual({
      alsoCounted: {
        source: 'metrics',
        complete: expect.any(Function),
        units: {
          text: { input: 15, output: 4 },
          text_cache_read: { input: 100 },
          text_cache_write: { input: 20 },
        },
      },
      isLast: true,
    });
  });

  it('says nothing about a chunk without metrics', () => {
    expect(readInvocationMetrics({ generation: 'Hello' })).toBe(nothing);
  });
});
