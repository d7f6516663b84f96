import type { HeaderList } from '../header-list.ts';
import type { RawRequest } from '../sigv4-canonical-request.ts';
import type { SigV4Expectation } from '../sigv4-verifier.ts';

/** The account, region and time of AWS's SigV4 test suite. Its keys are public examples. */
export const expected: SigV4Expectation = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  service: 'service',
  now: new Date('2015-08-30T12:36:00Z'),
};

export interface SuiteRequest {
  method?: string;
  path?: string;
  query?: string;
  headers?: HeaderList;
  body?: string;
  signedHeaders?: string;
  signature: string;
}

export function suiteRequest(vector: SuiteRequest): RawRequest {
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
export const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const oneHeader = 'host;my-header1;x-amz-date';
const hashedFormHeaders = 'content-length;content-type;host;x-amz-content-sha256;x-amz-date';
const form = 'application/x-www-form-urlencoded';

/**
 * Requests and signatures as published in AWS's SigV4 test suite, by the names used there.
 *
 * @see https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4
 * @see https://github.com/boto/botocore/tree/develop/tests/unit/auth/aws4_testsuite
 */
export const suite: Record<string, SuiteRequest> = {
  'get-vanilla': { signature: vanilla },
  'get-relative': { path: '/example/..', signature: vanilla },
  'get-relative-relative': { path: '/example1/example2/../..', signature: vanilla },
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
  'get-header-value-multiline': {
    headers: [['My-Header1', 'value1\n  value2\n     value3']],
    signedHeaders: oneHeader,
    signature: 'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
  },
  'get-header-value-order': {
    headers: ['value4', 'value1', 'value3', 'value2'].map((value) => ['My-Header1', value] as const),
    signedHeaders: oneHeader,
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
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
  'get-vanilla-query': { signature: vanilla },
  'get-vanilla-query-order-encoded': {
    query: 'Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    signature: '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
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
  'post-header-key-case': {
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  'post-header-key-sort': {
    method: 'POST',
    headers: [['My-Header1', 'value1']],
    signedHeaders: oneHeader,
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  'post-header-value-case': {
    method: 'POST',
    headers: [['My-Header1', 'VALUE1']],
    signedHeaders: oneHeader,
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  'post-vanilla-empty-query-value': {
    method: 'POST',
    query: 'Param1=value1',
    signature: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
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
  'post-vanilla-query-space': {
    method: 'POST',
    query: 'p=',
    signature: 'e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b',
  },
  'post-x-www-form-urlencoded, with the hash of its body': {
    method: 'POST',
    headers: hashedForm(form),
    body: 'Param1=value1',
    signedHeaders: hashedFormHeaders,
    signature: 'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
  },
  'post-x-www-form-urlencoded-parameters, with the hash of its body': {
    method: 'POST',
    headers: hashedForm(`${form}; charset=utf-8`),
    body: 'Param1=value1',
    signedHeaders: hashedFormHeaders,
    signature: '328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422',
  },
};

function hashedForm(type: string): HeaderList {
  return [
    ['Content-Type', type],
    ['Content-Length', '13'],
    ['x-amz-content-sha256', '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e'],
  ];
}
