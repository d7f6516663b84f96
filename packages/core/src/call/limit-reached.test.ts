import { describe, expect, expectTypeOf, it } from 'vitest';
import type { LimitState, Receipt } from '../index.ts';
import { isLimitReached, type LimitReachedError } from './limit-reached.ts';
import type { Observation } from './observation.ts';
import { attachSettlement, receiptOf, rememberSettlement } from './receipts.ts';

const current = { xproxy_error: { code: 'limit_reached' }, xproxy_result: { blocked_limit_ids: ['l1'] } };

describe('isLimitReached()', () => {
  it('knows an error of the AWS SDK, which carries the members of the answer itself', () => {
    const error = Object.assign(new Error('blocked'), { $metadata: { httpStatusCode: 400 }, ...current });
    expect(isLimitReached(error)).toBe(true);
  });

  it('knows an error that keeps the answer under error, or one level deeper', () => {
    expect(isLimitReached(Object.assign(new Error('400'), { status: 400, error: current }))).toBe(true);
    expect(isLimitReached({ status: 400, error: { type: 'error', error: current } })).toBe(true);
  });

  it('knows the older code, and blocked limits without a code, under both names of the result', () => {
    expect(isLimitReached({ xproxy_error: { code: 'not_enough_budget' } })).toBe(true);
    expect(isLimitReached({ xproxy_result: { blocked_limit_ids: ['l1'] } })).toBe(true);
    expect(isLimitReached({ proxy_result: { blocked_limit_ids: ['l1'] } })).toBe(true);
  });

  it('does not go by the HTTP status', () => {
    expect(isLimitReached({ status: 424, xproxy_error: { code: 'invalid_user_id' } })).toBe(false);
    expect(isLimitReached({ status: 200, ...current })).toBe(true);
  });

  it('is false for an answer that blocked nothing, and for anything that is no error of a provider', () => {
    expect(isLimitReached({ xproxy_result: { blocked_limit_ids: [] } })).toBe(false);
    expect(isLimitReached({ xproxy_result: { blocked_limit_ids: 'l1' } })).toBe(false);
    for (const value of [
      undefined,
      null,
      'limit_reached',
      400,
      [],
      new Error('limit_reached'),
      { error: null },
    ]) {
      expect(isLimitReached(value)).toBe(false);
    }
  });
});

/** As frameworks wrap the error of a provider's SDK. */
const wrappers: Readonly<Record<string, (inner: object) => object>> = {
  'a cause': (cause) => new Error('outer', { cause }),
  'the last error of a retry': (lastError) => Object.assign(new Error('retried'), { lastError }),
  'one of many errors': (inner) => new AggregateError([null, 'x', new Error('other'), inner]),
  'the error of an event': (error) => ({ type: 'error', error }),
  data: (data) => Object.assign(new Error('400'), { data }),
  'a reason': (reason) => ({ status: 'rejected', reason }),
  'five causes': (inner) => [1, 2, 3, 4, 5].reduce((cause, index) => new Error(`${index}`, { cause }), inner),
  'a circle': (cause) => {
    const outer: Error & { error?: unknown } = new Error('circle', { cause });
    outer.error = outer;
    return outer;
  },
  'members that throw': (cause) =>
    Object.defineProperties(new Error('odd', { cause }), {
      error: {
        get: () => {
          throw new Error('error');
        },
      },
      xproxy_error: {
        get: () => {
          throw new Error('xproxy_error');
        },
      },
      headers: {
        get: () => {
          throw new Error('headers');
        },
      },
    }),
};

describe('an error that a framework has wrapped', () => {
  it.each(Object.entries(wrappers))('is known by %s, and leads to the receipt', (_, wrap) => {
    expect(isLimitReached(wrap(Object.assign(new Error('blocked'), current)))).toBe(true);
    const receipt = { outcome: 'blocked' } as Receipt;
    const bare = new Error('without Pay-i’s code');
    attachSettlement(bare, { receipt: () => receipt } as Observation);
    expect(isLimitReached(wrap(bare))).toBe(true);
    expect(receiptOf(wrap(bare))).toBe(receipt);
    expect(isLimitReached(wrap(new Error('other')))).toBe(false);
    expect(receiptOf(wrap(new Error('other')))).toBeUndefined();
  });

  it('is known by the text of the answer', () => {
    const receipt = { outcome: 'blocked' } as Receipt;
    rememberSettlement('payi-1', { receipt: () => receipt } as Observation);
    const answer = { ...current, xproxy_result: { request_id: 'payi-1' } };
    const error = Object.assign(new Error('400'), { responseBody: JSON.stringify(answer) });
    expect(isLimitReached(error)).toBe(true);
    expect(receiptOf(error)).toBe(receipt);
    const broken = { responseBody: JSON.stringify(answer).slice(0, -1) };
    expect([isLimitReached(broken), receiptOf(broken)]).toEqual([false, undefined]);
  });

  it('is looked for to a bounded depth, in a bounded number of errors', () => {
    let deep: object = { xproxy_error: { code: 'limit_reached' } };
    for (let level = 0; level < 100_000; level += 1) deep = { cause: deep };
    expect(isLimitReached(deep)).toBe(false);
    const errors = Array.from({ length: 100_000 }, () => ({ errors: [{}] }));
    expect(isLimitReached({ errors })).toBe(false);
    expect(isLimitReached({ errors: { length: 1e9 } })).toBe(false);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const odd of [proxy, { cause: proxy }, { errors: proxy }]) {
      expect([isLimitReached(odd), receiptOf(odd)]).toEqual([false, undefined]);
    }
  });
});

describe('the types', () => {
  it('tell a blocked call from other errors, in both branches', () => {
    const inCatch = (thrown: unknown): void => {
      if (isLimitReached(thrown)) expectTypeOf(thrown).toEqualTypeOf<LimitReachedError>();
      else expectTypeOf(thrown).toBeUnknown();
    };
    const typed = (error: Error): void => {
      if (!isLimitReached(error)) expectTypeOf(error).toEqualTypeOf<Error>();
    };
    inCatch(undefined);
    typed(new Error());
    expectTypeOf(receiptOf).parameter(0).toBeUnknown();
    expectTypeOf<NonNullable<Receipt['limits']>[string]>().toEqualTypeOf<LimitState>();
  });
});
