import { createServer } from 'node:net';
import { listen, type ServerHandler, startPayi } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import { checkConnection } from './connection.ts';
import { checkLimits } from './limits.ts';

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): ServerHandler =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const page = { items: [], cursor: '', request_id: 'r-1' };
const refusal = { statusCode: 401, message: 'no', xproxy_error: { code: 'invalid_api_key', message: 'no' } };

async function codesOf(handler: ServerHandler, apiKey: string | undefined = 'the-key'): Promise<string[]> {
  await using server = await listen(handler);
  const { findings } = await checkConnection(server.url, apiKey, []);
  return findings.map(({ level, code }) => `${level} ${code}`);
}

describe('checkConnection()', () => {
  it('asks with a GET that records nothing, and the key', async () => {
    const seen: unknown[] = [];
    await using server = await listen((request, response) => {
      seen.push([request.method, request.url, request.headers['xproxy-api-key']]);
      return json(200, page)(request, response);
    });
    const { report, isUsable } = await checkConnection(server.url, 'the-key', []);
    expect(seen).toEqual([['GET', '/api/v1/limits?limit=1', 'the-key']]);
    expect(report).toMatchObject({ url: server.url, status: 200 });
    expect(isUsable).toBe(true);
  });

  it.each([
    ['a list of limits', json(200, page), 'ok KEY_ACCEPTED'],
    ['401 of Pay-i', json(401, refusal), 'error KEY_REFUSED'],
    ['403 of Pay-i', json(403, { ...refusal, statusCode: 403 }), 'warning KEY_WITHOUT_RIGHTS'],
    ['403 of a gateway', json(403, '<html>Forbidden</html>'), 'error REFUSED_ON_THE_WAY'],
    ['401 of a gateway', json(401, 'who are you'), 'error REFUSED_ON_THE_WAY'],
    ['a login page', json(200, '<html>Welcome to the airport</html>'), 'error NOT_PAYI'],
    ['a redirection', json(302, '', { location: 'https://login.example' }), 'error NOT_PAYI'],
    ['404 of another server', json(404, 'not found'), 'error NOT_PAYI'],
    [
      '404 of a Pay-i without limits',
      json(404, { ...refusal, xproxy_error: { code: 'unexpected_error' } }),
      'warning KEY_NOT_TRIED',
    ],
    ['503', json(503, 'down'), 'error SERVER_FAILED'],
    ['429', json(429, refusal), 'warning TOO_MANY_REQUESTS'],
  ])('reads %s', async (_, handler, expected) => {
    expect(await codesOf(handler)).toEqual([expected]);
  });

  it('is content with 401 when there is no key', async () => {
    await using server = await listen(json(401, refusal));
    const { findings } = await checkConnection(server.url, undefined, []);
    expect(findings.map(({ code }) => code)).toEqual(['REACHABLE']);
  });

  it('tries the key at the local Pay-i of the testkit', async () => {
    await using payi = await startPayi();
    const known = await checkConnection(payi.url, payi.apiKey, []);
    expect(known.findings.map(({ code }) => code)).toEqual(['KEY_ACCEPTED']);
    const wrong = await checkConnection(payi.url, 'another-key', []);
    expect(wrong.findings.map(({ code }) => code)).toEqual(['KEY_REFUSED']);
    expect(payi.ledger).toEqual([]);
  });

  it('sees a clock that AWS would not accept', async () => {
    const date = new Date(Date.now() - 20 * 60_000).toUTCString();
    expect(await codesOf(json(200, page, { date }))).toEqual(['ok KEY_ACCEPTED', 'warning CLOCK_SKEW']);
  });

  it('tells a closed port, an untrusted certificate, and a port without TLS apart', async () => {
    const closed = await listen(json(200, page));
    await closed.close();
    const refused = await checkConnection(closed.url, 'the-key', ['HTTPS_PROXY']);
    expect(refused.findings[0]).toMatchObject({
      code: 'CONNECTION_REFUSED',
      fix: expect.stringContaining('HTTPS_PROXY is set'),
    });

    await using secure = await listen(json(200, page), { tls: true });
    const untrusted = await checkConnection(secure.url, 'the-key', []);
    expect(untrusted.findings[0]).toMatchObject({
      code: 'CERTIFICATE_UNTRUSTED',
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });

    await using plain = await listen(json(200, page));
    const noTls = await checkConnection(plain.url.replace('http:', 'https:'), 'the-key', []);
    expect(noTls.findings[0]).toMatchObject({ code: 'NOT_TLS' });
  });

  it('does not wait for ever for a server that says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const { findings } = await checkConnection(`http://127.0.0.1:${port}`, 'the-key', [], 300);
    expect(findings[0]).toMatchObject({ code: 'TIMEOUT', fix: expect.stringContaining('firewall') });
    silent.close();
  });

  it('names the setting that has to be corrected', async () => {
    const url = 'http://127.0.0.1:1';
    const { findings } = await checkConnection(url, 'the-key', [], undefined, 'baseUrl of createPayi()');
    expect(findings[0]?.fix).toContain('baseUrl of createPayi()');
    expect(findings[0]?.fix).not.toContain('PAYI_BASE_URL');
  });
});

describe('checkLimits()', () => {
  it('reads how each limit of a call stands', async () => {
    await using payi = await startPayi({
      limits: [
        { id: 'fine', max: 10, type: 'block', threshold: 0.8 },
        { id: 'spent', max: 0, type: 'block' },
        { id: 'over', max: 0, type: 'allow' },
      ],
    });
    const { limits, findings } = await checkLimits(
      ['fine', 'spent', 'over', 'no/such'],
      payi.url,
      payi.apiKey,
    );
    expect(limits[0]).toMatchObject({
      id: 'fine',
      live: { type: 'block', max: 10, spent: 0, threshold: 0.8 },
    });
    expect(limits[3]).toEqual({ id: 'no/such' });
    expect(findings.map(({ level, code }) => `${level} ${code}`)).toEqual([
      'ok LIMIT',
      'error LIMIT_REACHED',
      'warning LIMIT_OVERRUN',
      'error LIMIT_UNKNOWN',
    ]);
    for (const { level, fix } of findings) expect(fix === undefined).toBe(level === 'ok');
  });

  it.each([
    ['text', '8.5'],
    ['a number', 8.5],
    ['an object', { base: 8.5 }],
  ])('understands amounts that are %s', async (_, total) => {
    const limit = {
      limit_id: 'near',
      limit_type: 'block',
      max: 10,
      threshold: 0.8,
      totals: { cost: { total } },
    };
    await using server = await listen(json(200, { limit, request_id: 'r-2' }));
    const { limits, findings } = await checkLimits(['near'], server.url, 'the-key');
    expect(limits[0]?.live?.spent).toBe(8.5);
    expect(findings[0]?.code).toBe('LIMIT_EXCEEDED');
  });

  it('asks nobody without a key that was accepted', async () => {
    expect(await checkLimits(['fine'], 'http://127.0.0.1:1', undefined)).toEqual({
      limits: [{ id: 'fine' }],
      findings: [],
    });
  });
});
