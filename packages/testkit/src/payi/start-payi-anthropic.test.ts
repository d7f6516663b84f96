import Anthropic from '@anthropic-ai/sdk';
import { isLimitReached } from '@payi/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.ts';
import { errorOf } from '../../test/error-of.ts';
import { eventually } from '../../test/eventually.ts';
import { type RunningAnthropic, startAnthropic } from '../start-anthropic.ts';
import { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';

// $5 in and $25 out per million tokens.
const model = 'claude-opus-4-5';
const request = { model, max_tokens: 99, messages: [{ role: 'user' as const, content: 'hello' }] };
const cost = { currency: 'usd', input: { base: 0.005 }, output: { base: 0.0025 }, total: { base: 0.0075 } };

let anthropic: RunningAnthropic;
let payi: RunningPayi;

beforeEach(async () => {
  anthropic = await startAnthropic({
    answer: () => ({ chunks: ['Hi there'], usage: { inputTokens: 1000, outputTokens: 100 } }),
  });
  payi = await startPayi();
});

afterEach(async () => {
  await payi.close();
  await anthropic.close();
});

async function restart(options: StartPayiOptions): Promise<void> {
  await payi.close();
  payi = await startPayi(options);
}

function connect(headers: Record<string, string> = {}, provider = 'anthropic'): Anthropic {
  return new Anthropic({
    apiKey: 'sk-ant-test',
    baseURL: `${payi.url}/api/v1/proxy/${provider}`,
    defaultHeaders: { 'xProxy-Api-Key': payi.apiKey, ...headers },
    maxRetries: 0,
  });
}

const operations: Record<string, (client: Anthropic) => Promise<unknown>> = {
  message: (client) => client.messages.create(request),
  'message stream': async (client) => collect(await client.messages.create({ ...request, stream: true })),
  'beta message': (client) => client.beta.messages.create(request),
};

/** The value that carries the result: the answer itself, or the event `message_delta` of a stream. */
function carrierOf(answer: unknown): { xproxy_result?: unknown } {
  return (Array.isArray(answer) ? answer.find(({ type }) => type === 'message_delta') : answer) as {
    xproxy_result?: unknown;
  };
}

describe('startPayi() under the Anthropic SDK', () => {
  describe.each([
    ['anthropic', 'system.anthropic', {}],
    ['azure.anthropic', 'system.azure', { 'xProxy-PriceAs-Resource': model }],
  ])('at %s', (path, category, required) => {
    it.each(Object.entries(operations))('charges a %s and says so in its answer', async (_name, run) => {
      const answer = await run(connect({ ...required, 'xProxy-User-ID': 'u' }, path));
      const [entry] = payi.ledger;
      expect(entry).toMatchObject({
        category,
        operation: 'messages',
        resource: model,
        annotations: { userId: 'u' },
        units: { text: { input: 1000, output: 100 } },
        cost,
        outcome: 'ok',
        providerStatus: 200,
      });
      expect(carrierOf(answer).xproxy_result).toMatchObject({
        request_id: entry?.requestId,
        user_id: 'u',
        cost,
      });
      expect(Object.keys(anthropic.requests.at(-1)?.headers ?? {}).join()).not.toMatch(/xproxy/i);
      expect(payi.totals('userId')).toMatchObject([{ key: 'u', inputTokens: 1000, cost: 0.0075 }]);
    });

    it.each(Object.entries(operations))('blocks a %s in a way that is recognised', async (_name, run) => {
      await restart({ limits: [{ id: 'team-a', max: 0.001, type: 'block' }] });
      const client = connect({ ...required, 'xProxy-Limit-IDs': 'team-a' }, path).withOptions({
        maxRetries: 2,
      });
      await run(client);
      const error = await errorOf(run(client));
      expect(error).toBeInstanceOf(Anthropic.BadRequestError);
      expect(error).toMatchObject({
        status: 400,
        message: '400 The limit team-a is insufficient for the operation.',
        error: {
          statusCode: 400,
          xproxy_error: { code: 'limit_reached' },
          xproxy_result: { blocked_limit_ids: ['team-a'], limits: { 'team-a': { state: 'blocked' } } },
        },
      });
      expect(isLimitReached(error)).toBe(true);
      expect(anthropic.requests).toHaveLength(1);
      expect(payi.ledger.map(({ outcome }) => outcome)).toEqual(['ok', 'blocked']);
    });
  });

  it('has to have a price for Anthropic on Azure', async () => {
    const error = await errorOf(connect({}, 'azure.anthropic').messages.create(request));
    expect(error).toMatchObject({ status: 400, error: { xproxy_error: { code: 'header_is_missing' } } });
    expect(anthropic.requests).toEqual([]);
  });

  it('goes to the host that a call on Azure names', async () => {
    const headers = {
      'xProxy-PriceAs-Resource': model,
      'xProxy-Provider-BaseUri': 'https://team.services.ai.azure.com',
    };
    await connect(headers, 'azure.anthropic').messages.create(request);
    expect(anthropic.requests.at(-1)?.headers.host).toBe('team.services.ai.azure.com');
  });

  it('leaves all but the result of a stream as it is', async () => {
    const events = await collect(await connect().messages.create({ ...request, stream: true }));
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events.filter((event) => 'xproxy_result' in event).map(({ type }) => type)).toEqual([
      'message_delta',
    ]);
    const message = await connect().messages.stream(request).finalMessage();
    expect(message).toMatchObject({
      content: [{ text: 'Hi there' }],
      usage: { input_tokens: 1000, output_tokens: 100 },
      stop_reason: 'end_turn',
    });
  });

  it('hands on the errors of the provider', async () => {
    anthropic.answerNext({ error: { status: 529, message: 'overloaded' } });
    const error = await errorOf(connect().messages.create(request));
    expect(error).toMatchObject({ status: 529, error: { error: { message: 'overloaded' } } });
    expect(isLimitReached(error)).toBe(false);
    expect(payi.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 529 }]);
  });

  it.each(['/v1/messages/count_tokens', '/v1/messages/batches', '/v1/complete'])(
    'does not proxy %s',
    async (path) => {
      const error = await errorOf(connect().post(path, { body: {} }));
      expect(error).toMatchObject({ status: 404, error: { statusCode: 404 } });
      expect(payi.ledger).toEqual([]);
    },
  );

  describe('with answers of the test', () => {
    it('meters caches of both lifetimes and web searches', async () => {
      anthropic.answerNext({
        json: {
          type: 'message',
          content: [],
          usage: {
            input_tokens: 10,
            output_tokens: 5,
            cache_read_input_tokens: 300,
            cache_creation_input_tokens: 60,
            cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 40 },
            server_tool_use: { web_search_requests: 2 },
          },
        },
      });
      await connect({ 'xProxy-User-ID': 'u' }).messages.create(request);
      expect(payi.ledger[0]?.units).toEqual({
        text: { input: 10, output: 5 },
        text_cache_read: { input: 300 },
        text_cache_write: { input: 20 },
        text_cache_write_1h: { input: 40 },
        web_search_request: { output: 2 },
      });
      expect(payi.totals('userId')).toMatchObject([{ inputTokens: 370, outputTokens: 5 }]);
    });

    it('leaves its credentials and its own headers alone', async () => {
      const headers = { 'x-api-key': 'k', 'anthropic-beta': 'b-1', 'xProxy-Forward-X-Trace': 'abc' };
      await connect(headers).messages.create(request);
      const sent = payi.requests[0]?.rawHeaders.filter(
        ([name]) => !/^(?:xproxy|host|connection)/i.test(name),
      );
      const received = anthropic.requests[0]?.rawHeaders.filter(
        ([name]) => !/^(?:x-trace|host|connection)$/i.test(name),
      );
      expect(received).toEqual(sent);
      expect(anthropic.requests[0]?.headers).toMatchObject({
        host: 'api.anthropic.com',
        authorization: 'Bearer sk-ant-test',
        'x-api-key': 'k',
        'anthropic-beta': 'b-1',
        'anthropic-version': expect.any(String),
        'x-trace': 'abc',
      });
    });

    it('ends the provider stream when the caller aborts', async () => {
      const message = { content: [], usage: { input_tokens: 7 } };
      anthropic.answerNext({
        events: [{ data: { type: 'message_start', message } }],
        faults: { stallAfterEvents: 1 },
      });
      const stream = await connect().messages.create({ ...request, stream: true });
      for await (const event of stream) {
        expect(event.type).toBe('message_start');
        stream.controller.abort();
      }
      await eventually(() => expect(anthropic.requests[0]?.answered).toBe('aborted'));
      await eventually(() =>
        expect(payi.ledger).toMatchObject([{ outcome: 'aborted', units: { text: { input: 7 } } }]),
      );
    });
  });
});
