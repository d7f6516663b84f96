import * as http from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomNumbers } from '../../../../internal/testing/random-numbers.ts';
import { testSeed } from '../../../../internal/testing/test-seed.ts';
import { eventually } from '../../test/eventually.ts';
import {
  answerJson,
  type PlainAnswer,
  type ScriptedProvider,
  send,
  startProvider,
} from './__fixtures__/start-payi-provider.ts';
import { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';

const sonnet = 'anthropic.claude-3-sonnet-20240229-v1:0';
const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const usage = { usage: { input_tokens: 1000, output_tokens: 100 } };

let provider: ScriptedProvider;
let payi: RunningPayi;

beforeEach(async () => {
  provider = await startProvider();
  payi = await startPayi();
});

afterEach(async () => {
  await payi.close();
  await provider.close();
});

async function restart(options: StartPayiOptions): Promise<void> {
  await payi.close();
  payi = await startPayi(options);
}

function url(action = 'invoke', model = encodeURIComponent(sonnet)): string {
  return `${payi.url}/api/v1/proxy/aws.bedrock/model/${model}/${action}`;
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { 'xProxy-Api-Key': payi.apiKey, 'xProxy-Provider-BaseUri': provider.url, ...more };
}

const call = (more: Record<string, string> = {}): Promise<PlainAnswer> => send(url(), headers(more));

describe('startPayi()', () => {
  describe('the door', () => {
    it.each([{}, { 'xProxy-Api-Key': 'wrong' }, { 'xProxy-Api-Key': '' }])(
      'refuses a call with %j',
      async (keys) => {
        const answer = await send(url(), { 'xProxy-Provider-BaseUri': provider.url, ...keys });
        expect(answer.status).toBe(401);
        expect(answer.json()).toEqual({
          statusCode: 401,
          message: expect.any(String),
          xproxy_error: { code: 'invalid_api_key', message: expect.any(String) },
        });
        expect(provider.requests).toEqual([]);
        expect(payi.ledger).toEqual([]);
        expect(payi.requests).toHaveLength(1);
      },
    );

    it('accepts the key it was given', async () => {
      await restart({ apiKey: 'another-test-key' });
      expect(payi.apiKey).toBe('another-test-key');
      expect((await call()).status).toBe(200);
      expect((await call({ 'xProxy-Api-Key': 'payi-test-key' })).status).toBe(401);
    });

    it.each([
      '/api/v1/proxy/aws.bedrock/model/m/count-tokens',
      '/api/v1/proxy/aws.bedrock/model/m',
      '/api/v1/proxy/aws.bedrock/model/a/b/invoke',
      '/api/v1/proxy/aws.bedrock/model/m/constructor',
      '/api/v1/proxy/aws.bedrockx/model/m/invoke',
      '/model/m/invoke',
      '/',
    ])('answers 404 at %s', async (path) => {
      const answer = await send(payi.url + path, headers());
      expect([answer.status, answer.json().statusCode]).toEqual([404, 404]);
      expect(provider.requests).toEqual([]);
    });

    it('answers 405 for other methods', async () => {
      const answer = await send(url(), headers(), '', 'GET');
      expect([answer.status, answer.headers.allow, answer.json().statusCode]).toEqual([405, 'POST', 405]);
    });

    it.each([
      [{ 'xProxy-Request-Tags': 'two words' }, 'invalid_tags'],
      [{ 'xProxy-Request-Properties': '{"a":"b"}' }, 'invalid_json'],
      [{ 'xProxy-Provider-BaseUri': '' }, 'header_is_missing'],
      [{ 'xProxy-Provider-BaseUri': 'bedrock' }, 'invalid_provider_uri'],
      [{ 'xProxy-Provider-BaseUri': `https://${awsHost}` }, 'invalid_provider_host'],
    ])('refuses %j with 400 %s', async (wrong, code) => {
      const answer = await call(wrong);
      expect([answer.status, answer.json().xproxy_error.code]).toEqual([400, code]);
      expect(provider.requests).toEqual([]);
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', errorCode: code }]);
    });

    it('keeps every request as it came', async () => {
      await send(url(), { ...headers(), 'X-Twice': ['1', '2'] }, 'a body');
      const [request] = payi.requests;
      expect(request).toMatchObject({
        method: 'POST',
        path: `/api/v1/proxy/aws.bedrock/model/${encodeURIComponent(sonnet)}/invoke`,
        headers: { 'xproxy-api-key': 'payi-test-key', 'x-twice': '1, 2' },
        httpVersion: '1.1',
      });
      expect(request?.body.toString()).toBe('a body');
      expect(request?.rawHeaders.slice(0, 4)).toEqual([
        ['xProxy-Api-Key', 'payi-test-key'],
        ['xProxy-Provider-BaseUri', provider.url],
        ['X-Twice', '1'],
        ['X-Twice', '2'],
      ]);
    });
  });

  describe('on the way to the provider', () => {
    it('restores host and path and takes its own headers off', async () => {
      await restart({ upstream: { [awsHost]: provider.url } });
      const arn = 'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x%3A0';
      const body = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x7d]);
      const answer = await send(
        `${url('invoke', arn)}?a=%2F&b`,
        [
          ...['Host', payi.url.slice('http://'.length)],
          ...['Authorization', 'AWS4-HMAC-SHA256 Credential=x'],
          ...['X-Amz-Date', '20261123T000000Z'],
          ...['amz-sdk-request', 'attempt=1; max=3'],
          ...['xProxy-Api-Key', payi.apiKey],
          ...['xproxy-provider-baseuri', `https://${awsHost}:443`],
          ...['XPROXY-USECASE-NAME', 'text_generation'],
          ...['xProxy-Not-Known', 'x'],
          ...['xProxy-Forward-X-Trace-Id', 'abc'],
          ...['Content-Length', '5'],
          ...['TE', 'trailers'],
          ...['Connection', 'close'],
        ],
        body,
      );
      expect(answer.status).toBe(200);
      const [request] = provider.requests;
      expect(request?.path).toBe(`/model/${arn}/invoke?a=%2F&b`);
      expect(request?.rawHeaders.flat()).toEqual([
        ...['Host', awsHost],
        ...['Authorization', 'AWS4-HMAC-SHA256 Credential=x'],
        ...['X-Amz-Date', '20261123T000000Z'],
        ...['amz-sdk-request', 'attempt=1; max=3'],
        ...['X-Trace-Id', 'abc'],
        ...['Content-Length', '5'],
        ...['Connection', 'keep-alive'],
      ]);
      expect(request?.body).toEqual(body);
      expect(payi.ledger[0]?.resource).toBe(decodeURIComponent(arn));
    });

    it('takes a body without a length', async () => {
      const { hostname, port, pathname: path } = new URL(url());
      const status = await new Promise((resolve, reject) => {
        const request = http.request(
          { hostname, port, path, method: 'POST', headers: headers() },
          (answer) => {
            answer.resume().on('end', () => resolve(answer.statusCode));
          },
        );
        request.on('error', reject);
        request.write('{"a":');
        request.end('1}');
      });
      expect(status).toBe(200);
      expect(provider.requests[0]?.body.toString()).toBe('{"a":1}');
    });

    it('keeps connections for the next call', async () => {
      const ports = new Set<number | undefined>();
      provider.answer = (request, response) => {
        ports.add((request as http.IncomingMessage).socket.remotePort);
        return answerJson({})(request, response);
      };
      await call();
      await call();
      await call();
      expect(ports.size).toBe(1);
    });

    it('answers 502 when the provider is not there', async () => {
      await provider.close();
      const answer = await call();
      expect([answer.status, answer.json().xproxy_error.code]).toEqual([502, 'provider_error']);
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', errorCode: 'provider_error', limits: {} }]);
      expect(payi.ledger[0]).not.toHaveProperty('providerStatus');
    });

    it('answers 502 when the provider breaks off before its answer', async () => {
      provider.answer = (_request, response) => void response.destroy();
      expect((await call()).status).toBe(502);
      expect(provider.requests).toHaveLength(1);
    });

    it('reaches a provider over TLS when its certificate is named', async () => {
      const secure = await startProvider({ tls: true });
      const uri = { 'xProxy-Provider-BaseUri': secure.url };
      expect((await call(uri)).json().xproxy_error.code).toBe('invalid_provider_ssl_certificate');
      await restart({ upstreamCertificate: secure.certificate as string });
      expect((await call(uri)).status).toBe(200);
      expect(secure.requests).toHaveLength(1);
      await restart({ upstreamCertificate: secure.certificate as string, upstream: secure.url });
      expect((await call({ 'xProxy-Provider-BaseUri': `https://${awsHost}` })).status).toBe(200);
      expect(secure.requests[1]?.headers.host).toBe(awsHost);
      await secure.close();
    });
  });

  describe('JSON answers', () => {
    it('get the result as one more member', async () => {
      provider.answer = (_request, response) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': 63,
          'X-Amzn-RequestId': 'r1',
        });
        response.end('{ "id": 12345678901234567890, "usage":{"input_tokens":1000  } }');
      };
      const answer = await call({
        'xProxy-UseCase-Name': 'text_generation',
        'xProxy-UseCase-Step': 'draft',
        'xProxy-User-ID': 'data_scientist_123',
        'xProxy-Account-Name': 'Fabrikam',
        'xProxy-Limit-IDs': 'aws_budget',
        'xProxy-Request-Tags': 'bedrock,claude',
      });
      const text = answer.body.toString();
      expect(text).toMatch(
        /^\{ "id": 12345678901234567890, "usage":\{"input_tokens":1000 {2}\} ,"xproxy_result":\{/,
      );
      expect(answer.headers).toMatchObject({
        'content-length': String(answer.body.length),
        'x-amzn-requestid': 'r1',
      });
      expect(answer.json().xproxy_result).toEqual({
        request_id: payi.ledger[0]?.requestId,
        resource_id: sonnet,
        user_id: 'data_scientist_123',
        account_name: 'Fabrikam',
        use_case_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        use_case_name: 'text_generation',
        use_case_step: 'draft',
        request_tags: ['bedrock', 'claude'],
        limits: { aws_budget: { state: 'ok' } },
        cost: { currency: 'usd', input: { base: 0.003 }, output: { base: 0 }, total: { base: 0.003 } },
      });
    });

    it('keep a use case id that was given', async () => {
      const answer = await call({ 'xProxy-UseCase-Name': 'a', 'xProxy-UseCase-ID': '7' });
      expect(answer.json().xproxy_result.use_case_id).toBe('7');
    });

    it('of Converse get it too', async () => {
      provider.answer = answerJson({ output: {}, usage: { inputTokens: 1000, outputTokens: 100 } });
      const answer = await send(url('converse'), headers());
      expect(answer.json().xproxy_result.cost.total).toEqual({ base: 0.0045 });
      expect(payi.ledger[0]?.operation).toBe('Converse');
    });

    it('that are errors get it too, and cost nothing', async () => {
      provider.answer = answerJson({ message: 'too long' }, 400, {
        'x-amzn-errortype': 'ValidationException',
      });
      const answer = await call({ 'xProxy-Limit-IDs': 'aws_budget' });
      expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([400, 'ValidationException']);
      expect(answer.json()).toEqual({
        message: 'too long',
        xproxy_result: {
          request_id: expect.any(String),
          resource_id: sonnet,
          limits: { aws_budget: { state: 'failed' } },
        },
      });
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 400, units: {} }]);
    });

    it('carry the result under its other name', async () => {
      await restart({ resultMember: 'proxy_result' });
      expect(Object.keys((await call()).json())).toEqual(['proxy_result']);
    });

    it('tell of units without a price', async () => {
      provider.answer = answerJson(usage);
      const answer = await send(url('invoke', 'no-such-model'), headers({ 'xProxy-Limit-IDs': 'a' }));
      const { xproxy_result } = answer.json();
      expect(xproxy_result.unknown_units).toEqual({ text: { input: 1000, output: 100 } });
      expect(xproxy_result).not.toHaveProperty('cost');
      expect(payi.limit('a')).toEqual({ id: 'a', spent: 0, state: 'ok' });
    });

    it('warn when the provider did not say what was used', async () => {
      expect((await call()).json().xproxy_result.warnings).toHaveLength(1);
    });

    it('are priced as another resource when the call says so', async () => {
      provider.answer = answerJson(usage);
      const answer = await call({
        'xProxy-PriceAs-Category': 'system.openai',
        'xProxy-PriceAs-Resource': 'gpt-4o',
      });
      // gpt-4o: $2.50 and $10 per million tokens.
      expect(answer.json().xproxy_result).toMatchObject({
        resource_id: 'gpt-4o',
        cost: { input: { base: 0.0025 }, output: { base: 0.001 } },
      });
      expect(payi.ledger[0]).toMatchObject({ category: 'system.aws.bedrock', resource: sonnet });
      const sameCategory = await call({ 'xProxy-PriceAs-Resource': 'amazon.nova-lite-v1:0' });
      expect(sameCategory.json().xproxy_result.cost.input).toEqual({ base: 0.00006 });
    });
  });

  describe('other answers', () => {
    it('pass untouched and are metered by their headers', async () => {
      const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff]);
      provider.answer = (_request, response) => {
        response.writeHead(200, {
          'content-type': 'image/png',
          'content-length': image.length,
          'x-amzn-bedrock-input-token-count': '1000',
          'x-amzn-bedrock-output-token-count': '100',
        });
        response.end(image);
      };
      const answer = await call();
      expect(answer.body).toEqual(image);
      expect(answer.headers['content-length']).toBe('6');
      expect(payi.ledger).toMatchObject([{ outcome: 'ok', cost: { total: { base: 0.0045 } } }]);
    });

    it.each(['[1,2]', 'not JSON'])('pass untouched when they are called JSON: %s', async (body) => {
      provider.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(body);
      };
      expect((await call()).body.toString()).toBe(body);
    });

    it('keep repeated headers apart', async () => {
      provider.answer = (_request, response) => {
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.writeHead(204);
        response.end();
      };
      const answer = await call();
      expect([answer.status, answer.headers['set-cookie']]).toEqual([204, ['a=1', 'b=2']]);
    });
  });

  it('ends the call of a client that leaves before the answer', async () => {
    const left = vi.fn();
    provider.answer = (_request, response) => void response.once('close', left);
    const { hostname, port, pathname: path } = new URL(url());
    const request = http.request({ hostname, port, path, method: 'POST', headers: headers(), agent: false });
    request.on('error', () => {});
    request.end('{}');
    await eventually(() => expect(provider.requests).toHaveLength(1));
    request.destroy();
    await eventually(() => expect(left).toHaveBeenCalled());
    await eventually(() => expect(payi.ledger).toMatchObject([{ outcome: 'aborted', units: {} }]));
    expect((await call({ 'xProxy-Api-Key': 'wrong' })).status).toBe(401);
  });

  it('survives a client that leaves within its own body', async () => {
    const { hostname, port, pathname: path } = new URL(url());
    const request = http.request({ hostname, port, path, method: 'POST', headers: headers() });
    request.on('error', () => {});
    await new Promise((resolve) => request.write('{', resolve));
    request.destroy();
    expect((await call()).status).toBe(200);
    expect(payi.requests).toHaveLength(1);
  });

  describe('limits', () => {
    const limits = [
      { id: 'aws_budget', max: 0.005, type: 'block' as const },
      { id: 'team', max: 0.005, type: 'allow' as const, threshold: 0.8 },
    ];
    const limitIds = { 'xProxy-Limit-IDs': 'aws_budget,team,new' };

    it('block the next call once the money is spent', async () => {
      await restart({ limits });
      provider.answer = answerJson(usage);
      const states = async (): Promise<unknown> => (await call(limitIds)).json().xproxy_result.limits;
      expect(await states()).toEqual({
        aws_budget: { state: 'ok' },
        team: { state: 'exceeded' },
        new: { state: 'ok' },
      });
      expect(await states()).toEqual({
        aws_budget: { state: 'overrun' },
        team: { state: 'overrun' },
        new: { state: 'ok' },
      });
      const blocked = await call({ ...limitIds, 'xProxy-User-ID': 'u' });
      expect(blocked.status).toBe(400);
      expect(blocked.headers).not.toHaveProperty('x-amzn-errortype');
      expect(blocked.json()).toEqual({
        statusCode: 400,
        message: 'The limit aws_budget is insufficient for the operation.',
        xproxy_error: {
          code: 'limit_reached',
          message: 'The limit aws_budget is insufficient for the operation.',
        },
        xproxy_result: {
          request_id: payi.ledger[2]?.requestId,
          resource_id: sonnet,
          user_id: 'u',
          limits: {
            aws_budget: { state: 'blocked' },
            team: { state: 'blocked_external' },
            new: { state: 'blocked_external' },
          },
          blocked_limit_ids: ['aws_budget'],
        },
      });
      expect(provider.requests).toHaveLength(2);
      expect(payi.ledger[2]).toMatchObject({ outcome: 'blocked', errorCode: 'limit_reached', units: {} });
      expect(payi.limit('aws_budget')).toEqual({
        id: 'aws_budget',
        max: 0.005,
        spent: 0.009,
        state: 'blocked',
      });
      expect(payi.limit('team')).toEqual({ id: 'team', max: 0.005, spent: 0.009, state: 'overrun' });
      expect(payi.limit('new')).toEqual({ id: 'new', spent: 0.009, state: 'ok' });
      expect(payi.limit('other')).toBeUndefined();
    });

    it('do not stop calls that do not name them', async () => {
      await restart({ limits: [{ id: 'a', max: 0, type: 'block' }] });
      expect((await call()).status).toBe(200);
      expect((await call({ 'xProxy-Limit-IDs': 'a' })).status).toBe(400);
    });

    it('block with the older code and the other status when told to', async () => {
      await restart({
        limits: [{ id: 'a', max: 0, type: 'block' }],
        blockedStatus: 424,
        blockedCode: 'not_enough_budget',
      });
      const answer = await call({ 'xProxy-Limit-IDs': 'a' });
      expect(answer.status).toBe(424);
      expect(answer.json()).toMatchObject({ statusCode: 424, xproxy_error: { code: 'not_enough_budget' } });
    });

    it('have to exist when told so', async () => {
      await restart({ createLimits: false, limits });
      expect((await call({ 'xProxy-Limit-IDs': 'team' })).status).toBe(200);
      const answer = await call({ 'xProxy-Limit-IDs': 'team,new' });
      expect([answer.status, answer.json().xproxy_error.code]).toEqual([400, 'invalid_limit_ids']);
    });
  });

  describe('the ledger', () => {
    it('holds what was said about a call and what it used', async () => {
      provider.answer = answerJson(usage);
      await call({
        'xProxy-UseCase-Name': 'text_generation',
        'xProxy-UseCase-Version': '0',
        'xProxy-UseCase-Properties': 'eyJ4IjoieSJ9',
        'xProxy-Logging-Disable': 'True',
      });
      expect(payi.ledger).toEqual([
        {
          requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receivedAt: expect.any(Date),
          category: 'system.aws.bedrock',
          operation: 'InvokeModel',
          resource: sonnet,
          annotations: {
            useCaseName: 'text_generation',
            useCaseId: expect.any(String),
            useCaseVersion: 0,
            useCaseProperties: { x: 'y' },
            logPromptAndResponse: false,
          },
          units: { text: { input: 1000, output: 100 } },
          cost: {
            currency: 'usd',
            input: { base: 0.003 },
            output: { base: 0.0015 },
            total: { base: 0.0045 },
          },
          limits: {},
          outcome: 'ok',
          providerStatus: 200,
        },
      ]);
    });

    it('adds up to the cent over calls that ran at the same time', async () => {
      await restart({ limits: [{ id: 'none_left', max: 0, type: 'block' }] });
      const random = randomNumbers(testSeed());
      provider.answer = async (request, response) => {
        await new Promise((resolve) => setTimeout(resolve, random() * 20));
        await answerJson(usage)(request, response);
      };
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          call({
            'xProxy-User-ID': `user_${index % 3}`,
            'xProxy-Account-Name': 'Fabrikam',
            'xProxy-UseCase-Name': index % 2 ? 'odd' : 'even',
            'xProxy-Request-Tags': 'all,bedrock',
            ...(index % 20 === 0 && { 'xProxy-Limit-IDs': 'none_left' }),
          }),
        ),
      );
      answers.forEach((answer, index) => {
        expect(answer.json().xproxy_result.user_id).toBe(`user_${index % 3}`);
      });
      const row = (key: string, calls: number, blocked: number): object => ({
        key,
        calls,
        blocked,
        inputTokens: (calls - blocked) * 1000,
        outputTokens: (calls - blocked) * 100,
        cost: Math.round((calls - blocked) * 45) / 10_000,
      });
      // The calls 0, 20 and 40 belong to different users, and all are even.
      expect(payi.totals('userId')).toEqual([
        row('user_0', 20, 1),
        row('user_1', 20, 1),
        row('user_2', 20, 1),
      ]);
      expect(payi.totals('useCaseName')).toEqual([row('even', 30, 3), row('odd', 30, 0)]);
      expect(payi.totals('accountName')).toEqual([row('Fabrikam', 60, 3)]);
      expect(payi.totals('requestTag')).toEqual([row('all', 60, 3), row('bedrock', 60, 3)]);
      expect(payi.totals('limitId')).toEqual([row('none_left', 3, 3)]);
    });
  });

  it('closes once, for good, and breaks off what is open', async () => {
    provider.answer = () => {};
    const pending = call().catch((error) => error.code);
    await eventually(() => expect(provider.requests).toHaveLength(1));
    await payi.close();
    await payi[Symbol.asyncDispose]();
    expect(await pending).toBe('ECONNRESET');
    await expect(call()).rejects.toThrow('ECONNREFUSED');
    expect(payi.ledger).toMatchObject([{ outcome: 'aborted' }]);
  });
});
