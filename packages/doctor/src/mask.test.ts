import { describe, expect, it } from 'vitest';
import { maskHeaders, maskReport, secretsOf } from './mask.ts';

describe('maskHeaders()', () => {
  it('hides credentials, and shows what a signature covers', () => {
    expect(
      maskHeaders({
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d672d79',
        Authorization: 'Bearer sk-1234567890',
        'x-amz-security-token': 'IQoJb3JpZ2luX2Vj',
        'xProxy-Api-Key': 'payi-key',
        'x-api-key': 'sk-ant-123456',
        'api-key': 'azure-key',
        cookie: 'session=1',
        'xProxy-Forward-X-Secret': 'shh',
        'xProxy-User-ID': 'u-42',
        'content-type': 'application/json',
      }),
    ).toEqual({
      authorization: 'AWS4-HMAC-SHA256 Credential=…, SignedHeaders=host;x-amz-date, Signature=…',
      Authorization: 'Bearer …',
      'x-amz-security-token': '…',
      'xProxy-Api-Key': '…',
      'x-api-key': '…',
      'api-key': '…',
      cookie: '…',
      'xProxy-Forward-X-Secret': '…',
      'xProxy-User-ID': 'u-42',
      'content-type': 'application/json',
    });
  });
});

describe('maskReport()', () => {
  it('takes given values and what looks like a key out of every text, and leaves the rest', () => {
    const report = {
      list: ['key is hunter2-hunter2.', 'AKIAIOSFODNN7EXAMPLE', 'http://me:password@proxy/'],
      urls: ['https://gateway/v1?api_key=hunter3&api-version=2024-10-21', '/v1?version=1&sig=a%2Fb#key=1'],
      nested: { 'hunter2-hunter2': 'Bearer abcdefg8', count: 2, none: null, yes: true },
    };
    expect(maskReport(report, ['hunter2', 'hunter2-hunter2', 'abc'])).toEqual({
      list: ['key is ….', '…', 'http://…@proxy/'],
      urls: ['https://gateway/v1?api_key=…&api-version=2024-10-21', '/v1?version=1&sig=…#key=1'],
      nested: { '…': 'Bearer …', count: 2, none: null, yes: true },
    });
  });
});

describe('secretsOf()', () => {
  it('takes values by the names of their variables', () => {
    const environment = {
      PAYI_API_KEY: ' the-key-1 ',
      DB_PASSWORD: 'password-1',
      GITHUB_TOKEN: 'token-of-1',
      AUTH: 'enabled',
      HOME: '/home/me',
      KEYBOARD: 'qwerty',
    };
    expect(secretsOf(environment)).toEqual([
      ' the-key-1 ',
      'the-key-1',
      'password-1',
      'password-1',
      'token-of-1',
      'token-of-1',
    ]);
  });
});
