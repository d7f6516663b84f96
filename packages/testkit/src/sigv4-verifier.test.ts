import { describe, expect, it } from 'vitest';
import { expected, type SuiteRequest, suite, suiteRequest, vanilla } from './__fixtures__/sigv4-suite.ts';
import type { HeaderList } from './header-list.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';
import { verifySigV4 } from './sigv4-verifier.ts';

describe('verifySigV4()', () => {
  it.each(Object.keys(suite))("accepts %s of AWS's test suite", (name) => {
    expect(verifySigV4(suiteRequest(suite[name] as SuiteRequest), expected)).toMatchObject({ valid: true });
  });

  it.each(Object.keys(suite))(
    'refuses %s when its method, path, query, a header or the body is changed',
    (name) => {
      const request = suiteRequest(suite[name] as SuiteRequest);
      const changes: Partial<RawRequest>[] = [
        { method: 'PUT' },
        { path: `${request.path}x` },
        { query: `${request.query}&x=y` },
        { headers: request.headers.map(([n, v]) => (n === 'Host' ? [n, `${v}.evil`] : [n, v])) },
        { body: Buffer.concat([request.body, Buffer.from('x')]) },
      ];
      for (const change of changes) {
        expect(verifySigV4({ ...request, ...change }, expected)).toMatchObject({
          valid: false,
          errorType: 'InvalidSignatureException',
        });
      }
    },
  );

  it('requires the session token of temporary credentials, signed or not', () => {
    const sessionToken =
      'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
    const temporary = { ...expected, credentials: { ...expected.credentials, sessionToken } };
    const headers: HeaderList = [['x-amz-security-token', sessionToken]];
    const before = suiteRequest({
      method: 'POST',
      headers,
      signedHeaders: 'host;x-amz-date;x-amz-security-token',
      signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    });
    const after = suiteRequest({ ...(suite['post-vanilla'] as SuiteRequest), headers });
    expect(verifySigV4(before, temporary)).toMatchObject({ valid: true });
    expect(verifySigV4(after, temporary)).toMatchObject({ valid: true });

    const unrecognized = { valid: false, errorType: 'UnrecognizedClientException' };
    const without = suiteRequest(suite['post-vanilla'] as SuiteRequest);
    expect(verifySigV4(without, temporary)).toMatchObject({
      ...unrecognized,
      reason: 'x-amz-security-token is missing',
    });
    const other = { ...temporary, credentials: { ...temporary.credentials, sessionToken: 'other' } };
    expect(verifySigV4(before, other)).toMatchObject(unrecognized);
    expect(verifySigV4(before, expected)).toMatchObject(unrecognized);
  });

  it('reads the `Authorization` header with or without blanks between its fields', () => {
    const request = suiteRequest({ signature: vanilla });
    const headers = request.headers.map(([name, value]) => [name, value.replaceAll(', ', ',')] as const);
    expect(verifySigV4({ ...request, headers }, expected)).toEqual({
      valid: true,
      signedHeaders: ['host', 'x-amz-date'],
    });
  });

  it('compares the whole `Authorization` header: nothing may follow, precede or repeat a part of it', () => {
    const request = suiteRequest({ signature: vanilla });
    const [name, authorization] = request.headers.at(-1) as [string, string];
    const credential = 'Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
    const wrong = [
      ...['00', 'zz', ' junk', ',', ', junk', ', Junk=1', '; Junk=1'].map((junk) => authorization + junk),
      `${authorization}, Signature=${vanilla}`,
      `${authorization}, Signature=${'0'.repeat(64)}`,
      `${authorization}, SignedHeaders=host`,
      authorization.replace(vanilla, vanilla.toUpperCase()),
      authorization.replace('Signature=', 'Signature=zz'),
      authorization.replace('Signature=', 'signature='),
      authorization.replace('Credential=', 'junk Credential='),
      authorization.replace('Credential=', 'XCredential='),
      authorization.replace(credential, credential.replace('AKID', 'x/AKID')),
      authorization.replace('host;x-amz-date', 'x-amz-date;host'),
      authorization.replace('host;x-amz-date', 'host;host;x-amz-date'),
      authorization.replace('host;x-amz-date', 'Host;x-amz-date'),
      authorization.replace('host;x-amz-date', 'host;x-amz-date;'),
      authorization.replace('20150830', '20150830 '),
      authorization.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA256x'),
    ];
    for (const value of wrong) {
      const headers: HeaderList = [...request.headers.slice(0, -1), [name, value]];
      expect(verifySigV4({ ...request, headers }, expected), value).toMatchObject({ valid: false });
    }
    const twice = [...request.headers, [name, authorization] as const];
    expect(verifySigV4({ ...request, headers: twice }, expected)).toMatchObject({ valid: false });
  });

  it('names what is missing from a malformed `Authorization` header, and does not repeat it', () => {
    const base = suiteRequest({ signature: vanilla });
    for (const [authorization, reason] of [
      ['Basic c2VjcmV0', /'Credential'.*'Signature'.*'SignedHeaders'/],
      ['AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=c2VjcmV0', /'Credential'/],
      [
        'AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/service/aws4_request, Signature=00',
        /'SignedHeaders'/,
      ],
      [
        'AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/service/aws4_request, SignedHeaders=host',
        /'Signature'/,
      ],
    ] as const) {
      const headers: HeaderList = [...base.headers.slice(0, 2), ['authorization', authorization]];
      const verdict = verifySigV4({ ...base, headers }, expected);
      expect(verdict).toMatchObject({
        valid: false,
        errorType: 'IncompleteSignatureException',
        reason: expect.stringMatching(reason),
      });
      expect(JSON.stringify(verdict)).not.toContain('c2VjcmV0');
    }
  });

  it('accepts a clock that is at most five minutes off', () => {
    const at = (time: string) =>
      verifySigV4(suiteRequest({ signature: vanilla }), { ...expected, now: new Date(time) });
    expect(at('2015-08-30T12:41:00Z')).toMatchObject({ valid: true });
    expect(at('2015-08-30T12:31:00Z')).toMatchObject({ valid: true });
    expect(at('2015-08-30T12:41:01Z')).toMatchObject({
      valid: false,
      reason:
        'Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)',
    });
    expect(at('2015-08-30T12:30:59Z')).toMatchObject({
      valid: false,
      reason:
        'Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)',
    });
  });

  it('finds a signed `host` in the `:authority` of HTTP/2, but no `:authority` in HTTP/1.1', () => {
    const request = suiteRequest({ signature: vanilla });
    const overHttp2 = request.headers.map(([n, v]) => [n === 'Host' ? ':authority' : n, v] as const);
    expect(verifySigV4({ ...request, headers: overHttp2 }, expected)).toMatchObject({ valid: true });

    const authority = suiteRequest({ signedHeaders: ':authority;x-amz-date', signature: vanilla });
    expect(verifySigV4(authority, expected)).toMatchObject({
      valid: false,
      reason: 'the signed header :authority is missing',
    });
  });
});
