import { describe, expect, it } from 'vitest';
import { Limits } from './limits.ts';

describe('Limits', () => {
  it('tells ok, exceeded and overrun by threshold and max', () => {
    const limits = new Limits([{ id: 'a', max: 1, type: 'allow', threshold: 0.8 }], true);
    expect(limits.get('a')).toEqual({ id: 'a', max: 1, spent: 0, state: 'ok' });
    expect(limits.charge(['a'], 0.7)).toEqual({ a: { state: 'ok' } });
    expect(limits.charge(['a'], 0.1)).toEqual({ a: { state: 'exceeded' } });
    expect(limits.charge(['a'], 0.2)).toEqual({ a: { state: 'exceeded' } });
    expect(limits.charge(['a'], 0.1)).toEqual({ a: { state: 'overrun' } });
    expect(limits.refusals(['a'])).toEqual([]);
    expect(limits.get('a')).toEqual({ id: 'a', max: 1, spent: 1.1, state: 'overrun' });
  });

  it('refuses by a blocking limit from max on, and not before', () => {
    const limits = new Limits([{ id: 'a', max: 0.3, type: 'block' }], true);
    limits.charge(['a'], 0.1);
    expect(limits.refusals(['a'])).toEqual([]);
    limits.charge(['a'], 0.2);
    expect(limits.get('a')?.state).toBe('exceeded');
    expect(limits.refusals(['a'])).toEqual(['a']);
    expect(limits.get('a')).toEqual({ id: 'a', max: 0.3, spent: 0.3, state: 'blocked' });
  });

  it('refuses when nothing is left beside the calls in progress, until one ends', () => {
    const limits = new Limits([{ id: 'a', max: 2, type: 'block' }], true);
    const release = limits.reserve(['a'], 1.5);
    expect(limits.refusals(['a'])).toEqual([]);
    const releaseOther = limits.reserve(['a'], 1.5);
    expect(limits.refusals(['a'])).toEqual(['a']);
    release();
    release();
    expect(limits.refusals(['a'])).toEqual([]);
    limits.charge(['a'], 0.5);
    expect(limits.refusals(['a'])).toEqual(['a']);
    releaseOther();
    expect(limits.refusals(['a'])).toEqual([]);
    expect(limits.get('a')?.spent).toBe(0.5);
  });

  it('names only the limits that refuse', () => {
    const limits = new Limits(
      [
        { id: 'empty', max: 0, type: 'block' },
        { id: 'full', max: 5, type: 'block' },
      ],
      true,
    );
    expect(limits.refusals(['full', 'empty'])).toEqual(['empty']);
  });

  it('opens an unknown limit without a maximum', () => {
    const limits = new Limits([], true);
    limits.open(['new']);
    expect(limits.charge(['new'], 1000)).toEqual({ new: { state: 'ok' } });
    expect(limits.get('new')).toEqual({ id: 'new', spent: 1000, state: 'ok' });
    expect(limits.get('other')).toBeUndefined();
  });

  it('refuses an unknown limit when told to', () => {
    expect(() => new Limits([], false).open(['new'])).toThrow(
      expect.objectContaining({ statusCode: 400, code: 'invalid_limit_ids' }),
    );
  });

  it.each([
    [[{ id: 'a', max: -1, type: 'block' as const }]],
    [[{ id: 'a', max: Number.NaN, type: 'block' as const }]],
    [[{ id: 'a', max: 1, type: 'block' as const, threshold: 0.5 }]],
    [
      [
        { id: 'a', max: 1, type: 'block' as const },
        { id: 'a', max: 2, type: 'block' as const },
      ],
    ],
  ])('does not take %j', (limits) => {
    expect(() => new Limits(limits, true)).toThrow(RangeError);
  });

  describe('set()', () => {
    it('creates a limit that blocks, unless it is told otherwise', () => {
      const limits = new Limits([], false);
      limits.set({ id: 'team', max: 0 });
      limits.set({ id: 'company', max: 0, type: 'allow' });
      expect(limits.refusals(['team', 'company'])).toEqual(['team']);
    });

    it('limits what a call has opened', () => {
      const limits = new Limits([], true);
      limits.open(['team']);
      limits.charge(['team'], 1);
      limits.set({ id: 'team', max: 1 });
      expect(limits.refusals(['team'])).toEqual(['team']);
    });

    it('changes what is given, keeps the spend and lets calls pass again', () => {
      const limits = new Limits([{ id: 'team', max: 1, type: 'block', threshold: 0.8 }], false);
      limits.charge(['team'], 1);
      expect(limits.refusals(['team'])).toEqual(['team']);
      limits.set({ id: 'team', max: 2 });
      expect(limits.get('team')).toEqual({ id: 'team', max: 2, spent: 1, state: 'ok' });
      expect(limits.record('team')).toMatchObject({ type: 'block', threshold: 0.8 });
      limits.set({ id: 'team', max: 1, type: 'allow' });
      expect(limits.refusals(['team'])).toEqual([]);
    });

    it.each([{ max: -1 }, { max: Number.NaN }, { max: 1, threshold: 0.5 }])('refuses %j', (changes) => {
      const limits = new Limits([{ id: 'team', max: 1 }], false);
      for (const id of ['team', 'new']) expect(() => limits.set({ id, ...changes })).toThrow(RangeError);
      expect([limits.get('team')?.max, limits.get('new')]).toEqual([1, undefined]);
    });
  });
});
