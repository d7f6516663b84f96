import { describe, expect, it } from 'vitest';
import { checkUpstream, resolveProvider, type Upstream } from './proxy-provider.ts';

const aws = 'https://bedrock-runtime.us-east-1.amazonaws.com';

function resolve(baseUri: string, upstream?: Upstream): { origin: string; host: string } {
  const { origin, host } = resolveProvider(baseUri, upstream);
  return { origin: origin.origin, host };
}

describe('resolveProvider()', () => {
  it.each(['http://127.0.0.1:8080', 'http://127.1.2.3:8080', 'http://localhost:8080', 'http://[::1]:8080'])(
    'connects to %s itself',
    (baseUri) => {
      expect(resolve(baseUri)).toEqual({ origin: baseUri, host: baseUri.slice('http://'.length) });
    },
  );

  it.each(['', '/'])('keeps the path, without a slash at its end: "%s"', (end) => {
    const { path, origin } = resolveProvider(`https://openrouter.ai/api/v1${end}`, 'http://127.0.0.1:1');
    expect([path, origin.origin]).toEqual(['/api/v1', 'http://127.0.0.1:1']);
    expect(resolveProvider(`${aws}${end}`, 'http://127.0.0.1:1').path).toBe('');
  });

  it('leaves default ports out of the host', () => {
    expect(resolve(`${aws}:443/`, 'http://127.0.0.1:1').host).toBe('bedrock-runtime.us-east-1.amazonaws.com');
    expect(resolve(`${aws}:8443`, 'http://127.0.0.1:1').host).toBe(
      'bedrock-runtime.us-east-1.amazonaws.com:8443',
    );
  });

  it('redirects all hosts, or those that are named', () => {
    expect(resolve(aws, 'http://127.0.0.1:1').origin).toBe('http://127.0.0.1:1');
    const upstream = { 'bedrock-runtime.us-east-1.amazonaws.com': 'http://127.0.0.1:2' };
    expect(resolve(aws, upstream)).toEqual({
      origin: 'http://127.0.0.1:2',
      host: 'bedrock-runtime.us-east-1.amazonaws.com',
    });
    expect(() => resolve('https://bedrock-runtime.eu-west-1.amazonaws.com', upstream)).toThrow(
      expect.objectContaining({ code: 'invalid_provider_host' }),
    );
  });

  it.each([aws, 'http://10.0.0.1', 'http://127.0.0.1.example.com', 'http://localhost.example.com'])(
    'never connects to %s by itself',
    (baseUri) => {
      expect(() => resolve(baseUri)).toThrow(
        expect.objectContaining({ statusCode: 400, code: 'invalid_provider_host' }),
      );
    },
  );

  it.each(['bedrock', '127.0.0.1:80', 'ftp://127.0.0.1', 'http://127.0.0.1?x', 'http://u:p@127.0.0.1'])(
    'refuses %s',
    (baseUri) => {
      expect(() => resolve(baseUri)).toThrow(
        expect.objectContaining({ statusCode: 400, code: 'invalid_provider_uri' }),
      );
    },
  );

  it('asks for the header', () => {
    expect(() => resolveProvider(undefined, aws)).toThrow(
      expect.objectContaining({ statusCode: 400, code: 'header_is_missing' }),
    );
  });
});

describe('checkUpstream()', () => {
  it.each(['localhost:8080', 'http://127.0.0.1:8080/path', { host: '' }])('does not take %j', (upstream) => {
    expect(() => checkUpstream(upstream)).toThrow(TypeError);
  });

  it.each([undefined, 'http://127.0.0.1:8080', 'https://localhost/', {}])('takes %j', (upstream) => {
    expect(() => checkUpstream(upstream)).not.toThrow();
  });
});
