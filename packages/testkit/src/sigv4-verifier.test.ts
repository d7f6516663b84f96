import { describe, expect, it } from 'vitest';
import type { HeaderList } from './header-list.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';
import { type SigV4Expectation, verifySigV4 } from './sigv4-verifier.ts';

/** The account, region and time of AWS's SigV4 test suite. Its keys are public examples. */
const expected: SigV4Expectation = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  service: 'service',
  now: new Date('2015-08-30T12:36:00Z'),
};

interface SuiteRequest {
  method?: string;
  path?: string;
  query?: string;
  headers?: HeaderList;
  body?: string;
  signedHeaders?: string;
  signature: string;
}

function suiteRequest(vector: SuiteRequest): RawRequest {
  const scope = '20150830/us-east-1/service/aws4_request';
  const { signedHeaders = 'host;x-amz-date', signature } = vector;
  return {
    method: vector.method ?? 'GET',
    path: vector.path ?? '/',
    query: vector.query ?? '',
    headers: [
      ['Host', 'example.amazonaws.com'],
      ['X-Amz-Date', '20150830T123600Z'],
      ...(vector.headers ?? []),
      [
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
      ],
    ],
    body: Buffer.from(vector.body ?? ''),
  };
}

const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const oneHeader = 'host;my-header1;x-amz-date';
const form = 'application/x-www-form-urlencoded';

/** Requests and signatures as published in AWS's `aws-sig-v4-test-suite`, by the names used there. */
const suite: Record<string, SuiteRequest> = {
  'get-vanilla': { signature: vanilla },
  'get-relative': { path: '/example/..', signature: vanilla },
  'get-slash': { path: '//', signature: vanilla },
  'get-slash-dot-slash': { path: '/./', signature: vanilla },
  'get-slash-pointless-dot': {
    path: '/./example',
    signature: 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  },
  'get-slashes': {
    path: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  'get-space': {
    path: '/example space/',
    signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  },
  'get-unreserved': {
    path: `/${unreserved}`,
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  'get-utf8': {
    path: '/\u1234',
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  'get-header-key-duplicate': {
    headers: [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    signedHeaders: oneHeader,
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  'get-header-value-trim': {
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signedHeaders: 'host;my-header1;my-header2;x-amz-date',
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  'get-vanilla-empty-query-key': {
    query: 'Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  'get-vanilla-query-order-key-case': {
    query: 'Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  'get-vanilla-query-unreserved': {
    query: `${unreserved}=${unreserved}`,
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  'get-vanilla-utf8-query': {
    query: '\u1234=bar',
    signature: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  },
  'post-vanilla': {
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  'post-header-value-case': {
    method: 'POST',
    headers: [['My-Header1', 'VALUE1']],
    signedHeaders: oneHeader,
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  'post-vanilla-query': {
    method: 'POST',
    query: 'Param1=value1',
    signature: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  },
  'post-vanilla-query-nonunreserved': {
    method: 'POST',
    query: `%40%23%24%25%5E=&%2B=/,?><\`";:\\|][{}`,
    signature: '66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e',
  },
  'post-x-www-form-urlencoded': {
    method: 'POST',
    headers: [['Content-Type', form]],
    body: 'Param1=value1',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  'post-x-www-form-urlencoded-parameters': {
    method: 'POST',
    headers: [['Content-Type', `${form}; charset=utf8`]],
    body: 'Param1=value1',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  },
};

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
