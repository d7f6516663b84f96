import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../settings/diagnostics.ts';
import { runCallback } from './callbacks.ts';
import { withoutCredentials } from './without-credentials.ts';

describe('withoutCredentials()', () => {
  it('leaves out keys, tokens, cookies, passwords and signatures', () => {
    const credentials = [
      'Authorization',
      'proxy-authorization',
      'cookie',
      'Set-Cookie',
      'x-api-key',
      'xProxy-Api-Key',
      'api-key',
      'apikey',
      'X-Amz-Security-Token',
      'x-auth-token',
      'x-auth',
      'x-amz-access-key-id',
      'ocp-apim-subscription-key',
      'client-secret',
      'x-signature',
      'x-credential',
      'password',
      'X-Auth-Key',
      'x-functions-key',
      'x-secret-key',
      'x-hub-signature-256',
      'x-amzn-oidc-accesstoken',
      'cf-access-jwt-assertion',
      'x-session-id',
    ];
    expect(withoutCredentials(Object.fromEntries(credentials.map((name) => [name, 's3cret'])))).toEqual({});
  });

  it.each([
    'Bearer s3cret',
    'Token s3cret',
    'ApiKey s3cret',
    'AWS4-ECDSA-P256-SHA256 Credential=s3cret',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret',
    'sk-ant-api03-0123456789abcdef',
  ])('leaves out what authorizes, whatever its name: %s', (value) => {
    expect(withoutCredentials({ 'x-upstream': value })).toEqual({});
  });

  it('keeps the rest, with names in lower case', () => {
    expect(
      withoutCredentials({
        'xProxy-User-ID': 'u1',
        'X-Amz-Date': '20250101T000000Z',
        'x-amzn-bedrock-input-token-count': '7',
        'idempotency-key': 'k',
        'x-ratelimit-remaining-tokens': '9',
        'x-author': 'a',
        'x-absent': undefined,
      }),
    ).toEqual({
      'xproxy-user-id': 'u1',
      'x-amz-date': '20250101T000000Z',
      'x-amzn-bedrock-input-token-count': '7',
      'idempotency-key': 'k',
      'x-ratelimit-remaining-tokens': '9',
      'x-author': 'a',
    });
  });

  it('gives a frozen copy and leaves the input as it was', () => {
    const headers = { 'X-Trace': '1' };
    const copy = withoutCredentials(headers);
    expect(Object.isFrozen(copy)).toBe(true);
    expect(headers).toEqual({ 'X-Trace': '1' });
  });
});

describe('runCallback()', () => {
  function run(callback: (event: string) => unknown): Diagnostic[] {
    const reported: Diagnostic[] = [];
    runCallback(callback, 'event', 'Converse', (diagnostic) => reported.push(diagnostic));
    return reported;
  }
  const boom = new Error('boom');
  const failure = {
    code: 'CALLBACK_FAILED',
    message: 'a callback failed during Converse',
    operation: 'Converse',
    cause: boom,
  };

  it('passes the event on and reports nothing when all is well', () => {
    const seen: string[] = [];
    expect(run((event) => seen.push(event))).toEqual([]);
    expect(seen).toEqual(['event']);
  });

  it('reports a callback that throws', () => {
    expect(
      run(() => {
        throw boom;
      }),
    ).toEqual([failure]);
  });

  it('reports a callback that rejects, after the call went on', async () => {
    const reported = run(async () => {
      throw boom;
    });
    expect(reported).toEqual([]);
    await turn();
    expect(reported).toEqual([failure]);
  });

  it('reports a result that pretends to be a promise and throws', () => {
    const broken = {
      // biome-ignore lint/suspicious/noThenProperty: this is the case under test
      get then(): never {
        throw boom;
      },
    };
    expect(run(() => broken)).toEqual([failure]);
  });

  it('does not take null and other results for promises', () => {
    for (const result of [null, undefined, 0, 'text']) expect(run(() => result)).toEqual([]);
  });
});
