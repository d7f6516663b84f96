import { describe, expect, it } from 'vitest';
import { isInRange } from './version-range.ts';

describe('isInRange()', () => {
  it.each([
    ['3.600.0', '^3.600.0', true],
    ['3.1164.0', '^3.600.0', true],
    ['3.599.9', '^3.600.0', false],
    ['4.0.0', '^3.600.0', false],
    ['7.57.0', '>=5.0.0 <8', true],
    ['8.0.0', '>=5.0.0 <8', false],
    ['4.104.0', '>=5.0.0 <8', false],
    ['0.103.0', '>=0.103.0 <2', true],
    ['0.3.1', '^0.2.0', false],
    ['0.0.2', '^0.0.1', false],
    ['1.2.3-beta.1', '^1.2.3', true],
    ['1.2.3', '1.2.3', true],
    ['3.0.0', '>=1 <2 || ^3', true],
    ['2.0.0', '>=1 <2 || ^3', false],
    ['2.0.0', '*', true],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(isInRange(version, range)).toBe(expected);
  });

  it.each(['workspace:^', 'latest', ''])('does not judge by %j', (range) => {
    expect(isInRange('1.0.0', range)).toBeUndefined();
  });

  it('does not judge what is no version', () => {
    expect(isInRange('next', '^1.0.0')).toBeUndefined();
  });
});
