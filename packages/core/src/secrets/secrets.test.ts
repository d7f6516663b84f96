import { describe, expect, it } from 'vitest';
import { everySecret, quotedSecrets, secretsIn } from '../../../../internal/testing/secrets.ts';
import { errorWithoutSecrets, isSecretMember, withoutCredentials, withoutSecrets } from './secrets.ts';

describe('withoutSecrets()', () => {
  it.each(quotedSecrets)('replaces $name, and leaves the words around it', ({ text, secret }) => {
    for (const quoted of [
      text,
      JSON.stringify({ error: text }),
      `a ${text}\nb`,
      JSON.stringify(`\n${text}`),
      encodeInError(text),
    ]) {
      const clean = withoutSecrets(quoted);
      expect(clean).not.toContain(secret.slice(-8));
      expect(clean).toContain('<not_instrumented>');
    }
    expect(withoutSecrets(withoutSecrets(text))).toBe(withoutSecrets(text));
  });

  it('replaces all of them in one text', () => {
    expect(secretsIn(everySecret)).toHaveLength(quotedSecrets.length);
    expect(secretsIn(withoutSecrets(everySecret))).toEqual([]);
  });

  it.each([
    'a task-management-tool-for-teams, and sk-learn-compatible-estimators',
    'Basic understanding of bearer authentication-methods',
    'The password: please choose a long one. secret: none',
    'https://unpkg.com/react@18.3.1/index.js?module=esm&page=2 and mail me@example.com',
    'https://host:8443/@scope/package',
    'chatcmpl-9x8Y7z6W5v4U3t2S1r0Q, msg_01XFDUDYJgAACzvnptvVoYEL, toolu_01A09q90qw90lq917835lq9',
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'max_tokens=4096, prompt_cache_key: conversation-17, tokens: 1200',
    'npm_config_user_agent, 01234567-89ab-cdef-0123-456789abcdef',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'Cookie: a small sweet biscuit',
  ])('leaves %j', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  it('takes no longer for a text that is made to be matched', () => {
    // An expression that tried each part of such a text anew would not come to an end.
    const begins = [
      ...[
        'sk-',
        'sk-a',
        'eyJ',
        'eyJ-',
        'eyJaaaaaa.',
        '://',
        '://a',
        '?',
        '?a',
        '&api',
        'bearer ',
        'Bearer a',
      ],
      ...[
        'api_key',
        'api_key=',
        'api_key="',
        'secret: ',
        'password=a',
        'cookie:',
        'cookie:a',
        'a'.repeat(31),
      ],
      ...[
        '-----BEGIN ',
        '-----BEGIN PRIVATE KEY-----',
        'session-',
        'access',
        'deadbeef',
        '\\"',
        'AKIA',
        'ABSK',
      ],
    ];
    for (const begin of begins) {
      const long = begin.repeat(Math.ceil(200_000 / begin.length));
      expect(withoutSecrets(`${long}\n${everySecret}`).length).toBeGreaterThan(0);
      expect(withoutCredentials({ [long]: long })).toBeDefined();
      isSecretMember(long);
    }
  });
});

describe('isSecretMember()', () => {
  it.each([
    'password',
    'api_key',
    'x-api-key',
    'apiKey',
    'clientSecret',
    'secretAccessKey',
    'authorization_token',
  ])('is true for %s', (name) => expect(isSecretMember(name)).toBe(true));
  it.each(['token', 'max_tokens', 'prompt_cache_key', 'signature', 'session', 'key', 'passwordless'])(
    'is false for %s, which holds other things too',
    (name) => expect(isSecretMember(name)).toBe(false),
  );
});

describe('errorWithoutSecrets()', () => {
  it('gives back the same object if there is nothing to hide', () => {
    for (const error of [new Error('plain', { cause: new Error('inner') }), { code: 1 }, 'text', 7, null])
      expect(errorWithoutSecrets(error)).toBe(error);
  });

  it('hides secrets in the texts of an error and of what it wraps, and changes neither', () => {
    const inner = new TypeError(everySecret);
    const error = new Error('outer', { cause: inner });
    const clean = errorWithoutSecrets(error) as Error;
    expect(clean).toBeInstanceOf(Error);
    expect(clean.message).toBe('outer');
    expect(clean.cause).toBeInstanceOf(TypeError);
    const { message, stack } = clean.cause as Error;
    expect(secretsIn(`${message}${stack}${clean.stack}`)).toEqual([]);
    expect([error.cause, inner.message]).toEqual([inner, everySecret]);
  });

  it('leaves an error that cannot be read', () => {
    const error = {
      get message(): string {
        throw new Error('no');
      },
    };
    expect(errorWithoutSecrets(error)).toBe(error);
  });
});

/** As it stands in the text of an error that quotes JSON in JSON. */
function encodeInError(text: string): string {
  return JSON.stringify({ body: JSON.stringify({ message: text }) });
}

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
