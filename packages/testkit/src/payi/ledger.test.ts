import { describe, expect, it } from 'vitest';
import { type LedgerEntry, totals } from './ledger.ts';

function entry(
  annotations: LedgerEntry['annotations'],
  total: number,
  outcome: LedgerEntry['outcome'] = 'ok',
): LedgerEntry {
  return {
    requestId: 'id',
    receivedAt: new Date(0),
    category: 'system.aws.bedrock',
    operation: 'InvokeModel',
    resource: 'model',
    annotations,
    units: outcome === 'ok' ? { text: { input: 10, output: 2 }, text_cache_read: { input: 5 } } : {},
    ...(outcome === 'ok' && {
      cost: { currency: 'usd', input: { base: total }, output: { base: 0 }, total: { base: total } },
    }),
    limits: {},
    outcome,
  };
}

describe('totals()', () => {
  const entries = [
    entry({ userId: 'b', requestTags: ['x', 'y'], limitIds: ['l'] }, 0.1),
    entry({ userId: 'a', requestTags: ['y'] }, 0.2),
    entry({ userId: 'b' }, 0.2),
    entry({ userId: 'b', limitIds: ['l'] }, 0, 'blocked'),
    entry({}, 7),
  ];

  it('adds up by user, in the order of the keys', () => {
    expect(totals(entries, 'userId')).toEqual([
      { key: 'a', calls: 1, blocked: 0, inputTokens: 15, outputTokens: 2, cost: 0.2 },
      { key: 'b', calls: 3, blocked: 1, inputTokens: 30, outputTokens: 4, cost: 0.3 },
    ]);
  });

  it('counts a call in the row of each of its tags', () => {
    expect(totals(entries, 'requestTag').map(({ key, calls, cost }) => [key, calls, cost])).toEqual([
      ['x', 1, 0.1],
      ['y', 2, 0.3],
    ]);
  });

  it('counts blocked calls of a limit', () => {
    expect(totals(entries, 'limitId')).toEqual([
      { key: 'l', calls: 2, blocked: 1, inputTokens: 15, outputTokens: 2, cost: 0.1 },
    ]);
  });

  it('has no rows for an attribute that no call has', () => {
    expect(totals(entries, 'useCaseName')).toEqual([]);
  });
});
