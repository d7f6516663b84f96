import { describe, expect, it } from 'vitest';
import { checkAddress, checkKey, checkSettings } from './settings.ts';

const codes = (findings: readonly { level: string; code: string }[]): string[] =>
  findings.map(({ level, code }) => `${level} ${code}`);

describe('checkSettings()', () => {
  it('takes key and base URL from where createPayi() takes them', () => {
    const { report, apiKey, baseUrl } = checkSettings({
      ASCERTA_API_KEY: '  ',
      PAYI_API_KEY: ' the-key\n',
      ASCERTA_BASE_URL: 'https://api.ascerta.com/',
      HTTPS_PROXY: 'http://user:password@proxy.example:8080',
      no_proxy: '',
    });
    expect(report).toEqual({
      apiKey: { source: 'PAYI_API_KEY' },
      baseUrl: { value: 'https://api.ascerta.com', source: 'ASCERTA_BASE_URL' },
      proxyVariables: ['HTTPS_PROXY'],
    });
    expect([apiKey, baseUrl]).toEqual(['the-key', 'https://api.ascerta.com']);
  });

  it('names the ways out when there is no key', () => {
    const { findings, report } = checkSettings({});
    expect(codes(findings.apiKey)).toEqual(['error NO_API_KEY']);
    expect(findings.apiKey[0]?.fix).toContain('PAYI_API_KEY');
    expect(report.baseUrl).toEqual({ value: 'https://api.pay-i.com', source: 'default' });
  });

  it('warns of two keys that differ', () => {
    const { findings } = checkSettings({ PAYI_API_KEY: 'one-key', ASCERTA_API_KEY: 'another-key' });
    expect(codes(findings.apiKey)).toEqual(['ok API_KEY', 'warning TWO_KEYS']);
  });

  it('warns of two base URLs that differ, and of the default', () => {
    const two = { PAYI_BASE_URL: 'https://a.example', ASCERTA_BASE_URL: 'https://b.example' };
    expect(checkSettings(two).baseUrl).toBe('https://b.example');
    expect(codes(checkSettings(two).findings.baseUrl)).toEqual(['ok BASE_URL', 'warning TWO_BASE_URLS']);
    expect(codes(checkSettings({}).findings.baseUrl)).toEqual(['warning DEFAULT_BASE_URL']);
  });

  it.each([
    'api.pay-i.com',
    'ftp://api.pay-i.com',
    'https://user:pw@api.pay-i.com',
    'https://api.pay-i.com?x=1',
  ])('refuses the base URL %s as createPayi() does', (value) => {
    const { baseUrl, findings } = checkSettings({ PAYI_API_KEY: 'k-1', PAYI_BASE_URL: value });
    expect(baseUrl).toBeUndefined();
    expect(codes(findings.baseUrl)).toEqual(['error CONFIGURATION']);
  });
});

describe('checkKey()', () => {
  it.each([
    ['a key', 'CONFIGURATION'],
    ['schlüssel', 'CONFIGURATION'],
    ['"quoted-key"', 'KEY_QUOTED'],
    ['sk-proj-1234', 'KEY_OF_PROVIDER'],
    ['AKIAIOSFODNN7EXAMPLE', 'KEY_OF_PROVIDER'],
    ['a-fine-key', 'API_KEY'],
  ])('says of %j: %s, and does not repeat it', (key, code) => {
    const [finding] = checkKey('PAYI_API_KEY', key);
    expect(finding?.code).toBe(code);
    expect(JSON.stringify(finding)).not.toContain(key);
  });
});

describe('checkAddress()', () => {
  it.each([
    ['https://api.pay-i.com/api/v1', 'error BASE_URL_WITH_PATH'],
    ['http://payi.example', 'warning BASE_URL_WITHOUT_TLS'],
    ['http://127.example.com', 'warning BASE_URL_WITHOUT_TLS'],
    ['https://api.pay-i.com', 'warning DEFAULT_BASE_URL'],
    ['http://127.0.0.1:4000', 'ok BASE_URL'],
    ['https://gateway.example/payi', 'ok BASE_URL'],
  ])('%s: %s', (url, expected) => {
    expect(codes(checkAddress(url, 'PAYI_BASE_URL'))).toEqual([expected]);
  });
});
