import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './web.ts';

describe('parseRetryAfter()', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  it.each([
    ['7', 7000],
    ['0.5', 500],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['soon', 0],
    ['-3', 0],
    ['', 0],
    [null, 0],
  ])('reads %j as %i ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
