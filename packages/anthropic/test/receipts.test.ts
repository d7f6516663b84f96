import Anthropic from '@anthropic-ai/sdk';
import { createHeaders, createPayi, type Diagnostic, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnthropicPayiOptions, withPayi } from '../src/index.ts';
import {
  awsHost,
  awsOptions,
  bedrockModel,
  collect,
  errorOf,
  type MessagesClient,
  observe,
  question,
  until,
  type Version,
  versionNames,
  versions,
} from './clients.ts';
import { eventsOf, message, type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

let provider: RunningAnthropic;
let aws: RunningBedrock;
let backend: RunningPayi;

beforeAll(async () => {
  provider = await startAnthropic();
  aws = await startBedrock({ expectedHosts: [awsHost] });
  backend = await startPayi({
    upstream: { 'api.anthropic.com': provider.url, [awsHost]: aws.url },
    limits: [{ id: 'spent', max: 0.000_001, type: 'block' }],
  });
});
afterAll(() => Promise.all([backend.close(), provider.close(), aws.close()]));

function connect(
  route: 'proxy' | 'headers',
  version: Version = 'newest',
  maxRetries = 2,
  options: Omit<AnthropicPayiOptions, 'payi'> = {},
): { client: MessagesClient; receipts: Receipt[] } {
  const client = new versions[version].Anthropic({
    apiKey: 'k',
    maxRetries,
    ...(route === 'headers' && { baseURL: provider.url }),
  });
  return observe(client, route, backend, options);
}

/** Kept by the SDKs as short as a server asks for. */
const soon = { 'retry-after-ms': '1' };

it('the result of Pay-i stays on the answer, for those who look for it', async () => {
  const answer = await connect('proxy').client.messages.create(question);
  const { requestId } = await whenSettled(answer);
  expect(answer).toMatchObject({ xproxy_result: { request_id: requestId } });
});

describe('what a receipt counts', () => {
  const usage = {
    input_tokens: 12,
    output_tokens: 345,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 100,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 80 },
    server_tool_use: { web_search_requests: 3 },
  };
  const units = {
    text: { input: 12, output: 345 },
    text_cache_read: { input: 1000 },
    text_cache_write: { input: 20 },
    text_cache_write_1h: { input: 80 },
    web_search_request: { output: 3 },
  };

  it.each(versionNames)('is cache writes of both lifetimes and server tools, %s', async (version) => {
    const { client } = connect('headers', version);
    provider.answerNext({ message: { ...message, usage } });
    expect((await whenSettled(await client.messages.create(question))).units).toEqual(units);

    const { server_tool_use, ...first } = usage;
    const events = eventsOf(['a'], first).map((event) =>
      event.type === 'message_delta' ? { ...event, usage: { output_tokens: 345, server_tool_use } } : event,
    );
    provider.answerNext({ events });
    const stream = await client.messages.create({ ...question, stream: true });
    await collect(stream);
    expect((await whenSettled(stream)).units).toEqual(units);
  });

  it('names stop reason and tools, the first block among them, in both forms', async () => {
    const { client } = connect('headers');
    const blocks = [
      { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      { type: 'text', text: 'Done' },
    ];
    provider.answerNext({ message: { ...message, stop_reason: 'tool_use', content: blocks } });
    const whole = await client.messages.create(question);
    const [start, , , , , delta, stop] = eventsOf(['a']);
    provider.answerNext({
      events: [
        start,
        ...blocks.slice(0, 2).flatMap((block, index) => [
          { type: 'content_block_start', index, content_block: { ...block, input: {} } },
          {
            type: 'content_block_delta',
            index,
            delta: { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
          },
          { type: 'content_block_stop', index },
        ]),
        { ...delta, delta: { stop_reason: 'tool_use' } },
        stop,
      ] as never,
    });
    const stream = client.messages.stream(question);
    await stream.finalMessage();
    for (const receipt of [await whenSettled(whole), await whenSettled(stream)]) {
      expect(receipt).toMatchObject({
        outcome: 'complete',
        toolCalls: ['get_weather', 'web_search'],
        properties: { 'system.stop_reason': 'tool_use' },
      });
      expect(JSON.stringify(receipt)).not.toContain('Paris');
    }
  });

  it('is all attempts of a call as one, as many as there were', async () => {
    for (const version of versionNames) {
      for (const route of ['proxy', 'headers'] as const) {
        for (const stream of [false, true]) {
          const { client, receipts } = connect(route, version);
          const busy = {
            error: { status: 529, body: { type: 'error', error: { type: 'overloaded_error' } } },
          };
          provider.answerNext({ ...busy, headers: soon }, { ...busy, headers: soon });
          const answer = await client.messages.create(
            { ...question, stream },
            { headers: createHeaders({ userId: 'u' }) },
          );
          if (stream) await collect(answer as never);
          const receipt = await whenSettled(answer as object);
          expect(receipt).toMatchObject({
            outcome: 'complete',
            attempts: 3,
            httpStatus: 200,
            annotations: { userId: 'u' },
            units: { text: { input: 12, output: 34 } },
          });
          expect(receipts).toEqual([receipt]);
        }
      }
    }
  });
});

it('counts a lost connection among the attempts', async () => {
  const { client, receipts } = connect('proxy');
  provider.answerNext({ dropAfterEvents: 0 });
  const lost = await whenSettled(await client.messages.create(question));
  expect(lost).toMatchObject({ outcome: 'complete', attempts: 2, httpStatus: 200 });
  // The SDK waits before it tries again.
  expect(lost.endToEndMs).toBeGreaterThan(300);
  const direct = connect('headers');
  provider.answerNext({ dropAfterEvents: 0 });
  expect(await whenSettled(await direct.client.messages.create(question))).toMatchObject({ attempts: 2 });
  expect([...receipts, ...direct.receipts]).toHaveLength(2);
});

describe('the receipt of a call that fails', () => {
  it.each(versionNames)('says why, and is found by the error, %s', async (version) => {
    const { client, receipts } = connect('headers', version);
    provider.answerNext({
      error: {
        status: 400,
        body: { type: 'error', error: { type: 'invalid_request_error', message: 'max_tokens: too large' } },
      },
    });
    const error = await errorOf(client.messages.create(question));
    expect(error).toMatchObject({ status: 400 });
    expect(receiptOf(error)).toMatchObject({
      outcome: 'failed',
      httpStatus: 400,
      attempts: 1,
      units: {},
      properties: {
        'system.failure': 'invalid_request_error',
        'system.failure.description': 'max_tokens: too large',
      },
    });
    expect(receipts).toEqual([receiptOf(error)]);
  });

  it('is one when the last attempt fails, too', async () => {
    const { client, receipts } = connect('headers');
    const busy = { error: { status: 503, body: 'no JSON' }, headers: soon };
    provider.answerNext(busy, busy, busy);
    const error = await errorOf(client.messages.create(question));
    expect(receiptOf(error)).toMatchObject({
      outcome: 'failed',
      attempts: 3,
      httpStatus: 503,
      properties: { 'system.failure': 'HTTP 503' },
    });
    expect(receipts).toHaveLength(1);
  });

  it('is found by the error of a connection', async () => {
    const { client, receipts } = connect('headers', 'newest', 0);
    provider.answerNext({ dropAfterEvents: 0 });
    const error = await errorOf(client.messages.create(question));
    expect(error).toBeInstanceOf(Anthropic.APIConnectionError);
    expect(receiptOf(error)).toMatchObject({ outcome: 'failed', attempts: 1 });
    expect(receipts).toHaveLength(1);
  });

  it('follows a time-out and an abort at once, though their errors do not lead to it', async () => {
    const { client, receipts } = connect('headers', 'newest', 0);
    provider.answerNext({ delayMs: 2000 }, { delayMs: 2000 });
    const timeout = await errorOf(client.messages.create(question, { timeout: 400 }));
    expect(timeout).toBeInstanceOf(Anthropic.APIConnectionTimeoutError);
    expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1 }]);
    const leave = new AbortController();
    const before = provider.requests.length;
    const abort = errorOf(client.messages.create(question, { signal: leave.signal, maxRetries: 5 }));
    await until(() => provider.requests.length > before);
    leave.abort();
    expect(await abort).toBeInstanceOf(Anthropic.APIUserAbortError);
    expect(receipts).toMatchObject([{}, { outcome: 'failed', attempts: 1 }]);
  });

  it('follows an abort between two attempts at once', async () => {
    const leave = new AbortController();
    const onResponse = (): void => void setTimeout(() => leave.abort(), 100);
    const { client, receipts } = connect('headers', 'newest', 2, { onResponse });
    provider.answerNext({ error: { status: 503, body: {} }, headers: { 'retry-after-ms': '50000' } });
    await expect(client.messages.create(question, { signal: leave.signal })).rejects.toThrow();
    expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1, httpStatus: 503 }]);
  });

  it('is partial when the body of an answer breaks off', async () => {
    const { client, receipts } = connect('headers');
    provider.answerNext({ dropInBody: true });
    await errorOf(client.messages.create(question));
    expect(receipts).toMatchObject([{ outcome: 'partial', httpStatus: 200 }]);
  });
});

it.each([
  { title: 'status 204', answer: () => new Response(null, { status: 204 }) },
  { title: 'no body', answer: () => new Response(null, { headers: { 'content-type': 'application/json' } }) },
  {
    title: 'a body of no length',
    answer: () =>
      new Response('', { headers: { 'content-type': 'application/json', 'content-length': '0' } }),
  },
])('an empty answer has its receipt at once: $title', async ({ answer }) => {
  for (const version of versionNames) {
    const plain = new versions[version].Anthropic({ apiKey: 'k', fetch: async () => answer() });
    const { client, receipts } = observe(plain as MessagesClient, 'headers', backend);
    const response = await client.messages.create(question).asResponse();
    expect(receipts).toMatchObject([{ outcome: 'complete', httpStatus: response.status, units: {} }]);
  }
});

describe('what leads to a receipt', () => {
  it('is the answer and its response; the stream, its halves and its response', async () => {
    const { client, receipts } = connect('headers');
    const { data, response } = await client.messages.create(question).withResponse();
    expect(receiptOf(data)).toBe(receipts[0]);
    expect(receiptOf(response)).toBe(receipts[0]);

    const streamed = await client.messages.create({ ...question, stream: true }).withResponse();
    const [left, right] = streamed.data.tee();
    await Promise.all([collect(left), collect(right)]);
    for (const one of [streamed.data, left, right, streamed.response]) {
      expect(receiptOf(one)).toBe(receipts[1]);
    }
    const raw = await client.messages.create(question).asResponse();
    await raw.text();
    expect(receiptOf(raw)).toBe(receipts[2]);
    for await (const turn of client.beta.messages.toolRunner({ ...question, tools: [] })) {
      expect(receiptOf(turn)).toBe(receipts[3]);
    }
  });

  it('is the id of the answer where the SDK creates the message anew', async () => {
    const { client, receipts } = connect('headers');
    provider.answerNext({ message: { ...message, id: 'msg_parsed' } });
    const parsed = await client.messages.parse(question);
    expect(receiptOf(parsed)).toBe(receipts[0]);

    provider.answerNext({ events: eventsOf(['Hello'], undefined, 'msg_final') });
    const stream = client.messages.stream(question);
    expect(receiptOf(await stream.finalMessage())).toBe(receipts[1]);
    expect(receiptOf(stream)).toBe(receipts[1]);
  });

  it('is the signal of a call where the SDK creates all else anew', async () => {
    const { client } = connect('headers', 'newest', 0);
    provider.answerNext({ delayMs: 2000 });
    const late = new AbortController();
    const error = await errorOf(client.messages.create(question, { signal: late.signal, timeout: 400 }));
    expect(receiptOf(error)).toBeUndefined();
    expect(receiptOf(late.signal)).toMatchObject({ outcome: 'failed' });
  });

  it('is a message of which middleware of the application took a look, too', async () => {
    const { client, receipts } = connect('headers');
    const looking: MessagesClient = (client as Anthropic).withOptions({
      middleware: [
        async (request, next, { parse }) => {
          const response = await next(request);
          await parse(response);
          return response;
        },
        ...(client as Anthropic).middleware,
      ],
    });
    expect(receiptOf(await looking.messages.create(question))).toMatchObject({ outcome: 'complete' });
    expect(receipts).toHaveLength(1);
  });
});

describe('a call that never left', () => {
  it('for bad annotation headers throws an error of ours, is not tried again and leaves no receipt', async () => {
    const { client, receipts } = connect('proxy');
    const before = provider.requests.length;
    for (const headers of [
      { 'xProxy-UseCase-Version': 'three' },
      { 'xProxy-Request-Properties': 'no base64' },
      { 'xProxy-User-ID': 'two words' },
    ]) {
      const error = await errorOf(client.messages.create(question, { headers }));
      expect(error).toMatchObject({ code: 'INVALID_ANNOTATION' });
    }
    expect(provider.requests).toHaveLength(before);
    expect(receipts).toEqual([]);
  });

  const reasons = ['has no credentials', 'is aborted while it is signed'] as const;
  it.each(versionNames.flatMap((version) => reasons.map((why) => ({ version, why }))))(
    'because it $why leaves no receipt, and plugins are told: $version',
    async ({ version, why }) => {
      const caller = new AbortController();
      const sign = () => {
        if (why === 'has no credentials') throw new Error('no credentials here');
        caller.abort();
        return aws.credentials;
      };
      const plain = new versions[version].AnthropicBedrock({
        awsRegion: 'us-east-1',
        maxRetries: 0,
        providerChainResolver: async () => async () => sign(),
      });
      const told: (readonly [event: string, attempts?: number])[] = [];
      const plugin = {
        name: 'log',
        beforeCall: () => void told.push(['before']),
        afterCall: ({ attempts }: Receipt) => void told.push(['after', attempts]),
      };
      const { client, receipts } = observe(plain, 'proxy', backend, { payi: { plugins: [plugin] } });
      const before = backend.requests.length;
      await errorOf(client.messages.create({ ...question, model: bedrockModel }, { signal: caller.signal }));
      expect(receipts).toEqual([]);
      expect(backend.requests).toHaveLength(before);
      expect(told).toEqual([['before'], ['after', 0]]);
    },
  );
});

describe('callbacks', () => {
  it('see request and response of each attempt, without credentials', async () => {
    for (const platform of ['Anthropic', 'AnthropicBedrock'] as const) {
      const log: unknown[] = [];
      const plain =
        platform === 'Anthropic'
          ? new versions.newest.Anthropic({ apiKey: 'sk-ant-secret' })
          : new versions.newest.AnthropicBedrock(awsOptions(aws));
      const { client } = observe(plain as MessagesClient, 'proxy', backend, {
        onRequest: (request) => log.push(request),
        onResponse: (response) => log.push(response),
      });
      if (platform === 'Anthropic') provider.answerNext({ error: { status: 503, body: {} }, headers: soon });
      else aws.answerNext({ error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } });
      const model = platform === 'Anthropic' ? question.model : bedrockModel;
      await client.messages.create({ ...question, model }, { headers: createHeaders({ userId: 'u' }) });
      const proxy = platform === 'Anthropic' ? 'anthropic/v1/messages' : 'aws.bedrock/model/';
      expect(log).toMatchObject([
        { operation: 'messages', attempt: 1, method: 'POST', headers: { 'xproxy-user-id': 'u' } },
        { operation: 'messages', attempt: 1, status: 503, annotations: { userId: 'u' } },
        { attempt: 2, url: expect.stringContaining(`${backend.url}/api/v1/proxy/${proxy}`) },
        { attempt: 2, status: 200 },
      ]);
      const text = JSON.stringify(log);
      expect(text).not.toContain('sk-ant-secret');
      expect(text).not.toContain('Signature=');
      expect(text).not.toContain(backend.apiKey);
    }
  });

  it('do not touch the call when they throw', async () => {
    const heard: Diagnostic[] = [];
    const fail = (): never => {
      throw new Error('from the callback');
    };
    const client = withPayi(new versions.newest.Anthropic({ apiKey: 'k', baseURL: provider.url }), {
      payi: createPayi({
        route: 'headers',
        onReceipt: fail,
        onDiagnostic: (diagnostic) => heard.push(diagnostic),
      }),
      onRequest: fail,
      onResponse: fail,
    });
    expect((await client.messages.create(question)).id).toBe('msg_01');
    expect(heard.map(({ code }) => code)).toEqual(Array(3).fill('CALLBACK_FAILED'));
  });
});
