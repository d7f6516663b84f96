import { describe, expect, it } from 'vitest';
import { isLimitReached } from './limit-reached.ts';

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
