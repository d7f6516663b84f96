import { describe, expect, it } from 'vitest';
import { readProxyResult } from './proxy-result.ts';

const result = {
  request_id: '123',
  resource_id: '7',
  limits: { limit_1: { state: 'ok' }, limit_2: { state: 'overrun' } },
  cost: {
    currency: 'usd',
    input: { base: 0.0000375 },
    output: { base: 0.00001 },
    total: { base: 0.0000475, overrun_base: 0.00001 },
  },
  warnings: ['One unit is unknown.'],
};

const read = {
  requestId: '123',
  limits: { limit_1: 'ok', limit_2: 'overrun' },
  cost: { currency: 'usd', input: 0.0000375, output: 0.00001, total: 0.0000475 },
  warnings: ['One unit is unknown.'],
};

describe('readProxyResult()', () => {
  it.each([
    ['xproxy_result', { id: 'msg_1', xproxy_result: result }],
    ['proxy_result', { id: 'msg_1', proxy_result: result }],
    ["an error's body", { error: { xproxy_result: result } }],
    ["an error's error", { error: { error: { xproxy_result: result } } }],
    ['the value itself', result],
  ])('finds the result in %s', (_place, value) => {
    expect(readProxyResult(value)).toEqual(read);
  });

  it('reads costs that are text, as in 2024', () => {
    const cost = {
      currency: 'usd',
      input: { base: '0.0000375' },
      output: { base: '1e-5' },
      total: { base: '' },
    };
    expect(readProxyResult({ xproxy_result: { cost } })?.cost).toEqual({
      currency: 'usd',
      input: 0.0000375,
      output: 0.00001,
    });
  });

  it('reads a call that a limit blocked', () => {
    const body = {
      statusCode: 400,
      xproxy_error: { code: 'limit_reached', message: 'Limit reached' },
      xproxy_result: {
        request_id: '123',
        limits: { limit_1: { state: 'blocked' } },
        blocked_limit_ids: ['limit_1'],
      },
    };
    expect(readProxyResult(body)).toEqual({
      requestId: '123',
      limits: { limit_1: 'blocked' },
      blockedLimitIds: ['limit_1'],
      errorCode: 'limit_reached',
    });
  });

  it('reads the code of an error without a result', () => {
    expect(readProxyResult({ xproxy_error: { code: 'invalid_limit_ids' } })).toEqual({
      errorCode: 'invalid_limit_ids',
    });
  });

  it('gives back an empty result as one', () => {
    expect(readProxyResult({ xproxy_result: {} })).toEqual({});
  });

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    { xproxy_result: null },
    { id: 'chatcmpl-1', usage: { cost: 0.1 } },
    { type: 'error', request_id: 'req_1', error: { type: 'overloaded_error' } },
  ])('finds nothing in %j', (value) => {
    expect(readProxyResult(value)).toBeUndefined();
  });

  it('keeps a limit that is called __proto__', () => {
    const limits = JSON.parse('{"__proto__":{"state":"ok"}}');
    expect(Object.entries(readProxyResult({ xproxy_result: { limits } })?.limits ?? {})).toEqual([
      ['__proto__', 'ok'],
    ]);
  });
});
