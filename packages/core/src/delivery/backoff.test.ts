import { describe, expect, it } from 'vitest';
import { retryDelay } from './backoff.ts';

describe('retryDelay()', () => {
  const bounds = { minRetryMs: 500, maxRetryMs: 30_000 };
  const delays = (failures: number): number[] =>
    Array.from({ length: 2000 }, () => retryDelay(failures, 0, bounds));

  it.each([
    [1, 500],
    [2, 1000],
    [5, 8000],
    [8, 30_000],
    [1000, 30_000],
  ])('is anything up to its bound after %i failures', (failures, bound) => {
    const all = delays(failures);
    expect(Math.max(...all)).toBeLessThanOrEqual(bound);
    expect(Math.max(...all)).toBeGreaterThan(bound * 0.9);
    expect(Math.min(...all)).toBeLessThan(bound * 0.1);
  });

  it('waits as long as the service asks for, up to a minute', () => {
    expect(retryDelay(1, 7000, bounds)).toBe(7000);
    expect(retryDelay(1, 3_600_000, bounds)).toBe(60_000);
  });
});
