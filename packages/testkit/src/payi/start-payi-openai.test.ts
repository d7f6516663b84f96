import { isLimitReached } from '@payi/core';
import OpenAI, { AzureOpenAI, BadRequestError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.ts';
import { errorOf } from '../../test/error-of.ts';
import { eventually } from '../../test/eventually.ts';
import { type RunningOpenAI, startOpenAI } from '../start-openai.ts';
import { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'hello' }];
// gpt-4o: $2.50 in and $10 out per million tokens.
const cost = { currency: 'usd', input: { base: 0.0025 }, output: { base: 0.001 }, total: { base: 0.0035 } };

let openai: RunningOpenAI;
let payi: RunningPayi;

beforeEach(async () => {
  openai = await startOpenAI({
    answer: () => ({ chunks: ['Hi there'], usage: { inputTokens: 1000, outputTokens: 100 } }),
  });
  payi = await startPayi({ upstream: { 'azure.example': openai.url } });
});

afterEach(async () => {
  await payi.close();
  await openai.close();
});

async function restart(options: StartPayiOptions): Promise<void> {
  await payi.close();
  payi = await startPayi(options);
}

function connect(annotations: Record<string, string> = {}): OpenAI {
  return new OpenAI({
    apiKey: 'sk-test',
    baseURL: `${payi.url}/api/v1/proxy/openai/v1`,
    defaultHeaders: { 'xProxy-Api-Key': payi.apiKey, ...annotations },
    maxRetries: 0,
  });
}

function connectAzure(headers: Record<string, string | null> = {}): AzureOpenAI {
  return new AzureOpenAI({
    apiKey: 'azure-test',
    endpoint: `${payi.url}/api/v1/proxy/azure.openai`,
    apiVersion: '2024-10-21',
    deployment: 'team-a',
    defaultHeaders: {
      'xProxy-Api-Key': payi.apiKey,
      'xProxy-Provider-BaseUri': 'https://azure.example/',
      'xProxy-PriceAs-Resource': model,
      ...headers,
    },
    maxRetries: 0,
  });
}

const operations: Record<string, (client: OpenAI) => Promise<unknown>> = {
  'chat completion': (client) => client.chat.completions.create({ model, messages }),
  'chat completion stream': async (client) =>
    collect(
      await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    ),
  response: (client) => client.responses.create({ model, input: 'hello' }),
  'response stream': async (client) =>
    collect(await client.responses.create({ model, input: 'hello', stream: true })),
};

/** The value that carries the result: the answer itself, or the last event of a stream. */
function lastOf(answer: unknown): { xproxy_result?: unknown } {
  return (Array.isArray(answer) ? answer.at(-1) : answer) as { xproxy_result?: unknown };
}

describe('startPayi() under the OpenAI SDK', () => {
  it.each(Object.entries(operations))('charges a %s and says so in its answer', async (name, run) => {
    const answer = await run(connect({ 'xProxy-User-ID': 'u', 'xProxy-UseCase-Name': 'chat' }));
    const [entry] = payi.ledger;
    expect(entry).toMatchObject({
      category: 'system.openai',
      operation: name.startsWith('chat') ? 'chat/completions' : 'responses',
      resource: model,
      annotations: { userId: 'u', useCaseName: 'chat' },
      units: { text: { input: 1000, output: 100 } },
      cost,
      outcome: 'ok',
      providerStatus: 200,
    });
    expect(lastOf(answer).xproxy_result).toMatchObject({
      request_id: entry?.requestId,
      resource_id: model,
      user_id: 'u',
      cost,
    });
    expect(payi.totals('userId')).toEqual([
      { key: 'u', calls: 1, blocked: 0, inputTokens: 1000, outputTokens: 100, cost: 0.0035 },
    ]);
    const { headers = {} } = openai.requests.at(-1) ?? {};
    expect(Object.keys(headers).join()).not.toMatch(/xproxy/i);
    expect(headers.host).toBe('api.openai.com');
  });

  it('leaves all but the result of a stream as it is', async () => {
    const request = { model, messages, stream: true, stream_options: { include_usage: true } } as const;
    const chunks = await collect(await connect().chat.completions.create(request));
    expect(chunks.filter((chunk) => 'xproxy_result' in chunk)).toEqual([chunks.at(-1)]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1000 } });
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hi there');

    const direct = new OpenAI(openai.clientConfig);
    const reference = await collect(await direct.chat.completions.create(request));
    const comparable = (list: OpenAI.ChatCompletionChunk[]): unknown =>
      list.map((chunk) => ({ ...chunk, id: '', created: 0, xproxy_result: undefined }));
    expect(comparable(chunks)).toEqual(comparable(reference));
  });

  it('puts the result of a stream without usage into the chunk that finishes', async () => {
    const stream = await connect().chat.completions.create({ model, messages, stream: true });
    const chunks = await collect(stream);
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      xproxy_result: { warnings: ['The provider did not say how many tokens it used.'] },
    });
    expect(chunks.filter((chunk) => 'xproxy_result' in chunk)).toHaveLength(1);
    expect(payi.ledger).toMatchObject([{ outcome: 'ok', units: {} }]);
  });

  it('works with the helpers that gather a stream', async () => {
    const request = { model, messages, stream: true, stream_options: { include_usage: true } } as const;
    const completion = await connect().chat.completions.stream(request).finalChatCompletion();
    expect(completion).toMatchObject({ choices: [{ message: { content: 'Hi there' } }] });
    const response = await connect().responses.stream({ model, input: 'hello' }).finalResponse();
    expect(response).toMatchObject({ output_text: 'Hi there', usage: { input_tokens: 1000 } });
    await eventually(() => expect(payi.ledger.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']));
  });

  it('shows the raw answer to those who ask for it', async () => {
    const { data, response } = await connect().chat.completions.create({ model, messages }).withResponse();
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(data).toHaveProperty('xproxy_result.cost', cost);
  });

  it('takes the member by the name of the API description', async () => {
    await restart({ resultMember: 'proxy_result' });
    const answers = await Promise.all(Object.values(operations).map((run) => run(connect())));
    for (const answer of answers) expect(lastOf(answer)).toHaveProperty('proxy_result.cost', cost);
  });

  it('prices as told', async () => {
    await connect({ 'xProxy-PriceAs-Resource': 'gpt-4.1-mini' }).chat.completions.create({ model, messages });
    expect(payi.ledger).toMatchObject([{ resource: model, cost: { total: { base: 0.00056 } } }]);
  });

  it('serves embeddings', async () => {
    const answer = await connect().embeddings.create({
      model: 'text-embedding-3-small',
      input: 'hello',
      encoding_format: 'float',
    });
    expect(answer.data[0]?.embedding).toHaveLength(1536);
    expect(payi.ledger).toMatchObject([
      {
        operation: 'embeddings',
        resource: 'text-embedding-3-small',
        outcome: 'ok',
        units: { text: { input: 1000 } },
      },
    ]);
  });

  it('serves images, and transcriptions of which nothing is known in tokens', async () => {
    const image = await connect().images.generate({ model: 'gpt-image-1', prompt: 'hello' });
    expect(image.data).toHaveLength(1);
    const file = new File(['audio'], 'a.mp3');
    const { text } = await connect().audio.transcriptions.create({ model: 'whisper-1', file });
    expect(text).toBe('Hi there');
    expect(payi.ledger).toMatchObject([
      {
        operation: 'images/generations',
        resource: 'gpt-image-1',
        outcome: 'ok',
        units: { text: { input: 1000 }, image: { output: 100 } },
      },
      { operation: 'audio/transcriptions', resource: 'whisper-1', outcome: 'ok', units: {} },
    ]);
  });

  it('hands on the errors of the provider', async () => {
    openai.answerNext({ error: { status: 429, message: 'slow down' } });
    const error = await errorOf(connect().chat.completions.create({ model, messages }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, error: { message: 'slow down' } });
    expect(isLimitReached(error)).toBe(false);
    expect(payi.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 429 }]);
  });

  it('charges the retry that works', async () => {
    openai.answerNext({ error: { status: 503 } });
    await connect().withOptions({ maxRetries: 1 }).chat.completions.create({ model, messages });
    expect(payi.ledger).toMatchObject([
      { outcome: 'failed', providerStatus: 503 },
      { outcome: 'ok', cost },
    ]);
  });

  it('refuses a wrong key before the provider hears of the call', async () => {
    const error = await errorOf(
      connect({ 'xProxy-Api-Key': 'wrong' }).chat.completions.create({ model, messages }),
    );
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error.message).toContain('xProxy-Api-Key');
    expect(openai.requests).toEqual([]);
  });

  it('does not go to the internet by itself', async () => {
    await openai.close();
    const error = await errorOf(connect().chat.completions.create({ model, messages }));
    expect(error).toMatchObject({ status: 400, error: { xproxy_error: { code: 'invalid_provider_host' } } });
    expect(error.message).toContain('api.openai.com');
  });

  describe.each([
    { blockedStatus: 400, blockedCode: 'limit_reached' },
    { blockedStatus: 424, blockedCode: 'not_enough_budget' },
  ] as const)('a call blocked with $blockedStatus $blockedCode', (options) => {
    it.each(Object.entries(operations))('is an error of the SDK for a %s', async (_name, run) => {
      await restart({ ...options, limits: [{ id: 'team-a', max: 0.001, type: 'block' }] });
      const client = connect({ 'xProxy-Limit-IDs': 'team-a' }).withOptions({ maxRetries: 2 });
      await run(client);
      const error = await errorOf(run(client));
      if (options.blockedStatus === 400) expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({
        status: options.blockedStatus,
        message: `${options.blockedStatus} The limit team-a is insufficient for the operation.`,
        error: {
          statusCode: options.blockedStatus,
          message: 'The limit team-a is insufficient for the operation.',
          xproxy_error: { code: options.blockedCode },
          xproxy_result: { blocked_limit_ids: ['team-a'], limits: { 'team-a': { state: 'blocked' } } },
        },
      });
      expect(isLimitReached(error)).toBe(true);
      expect(openai.requests).toHaveLength(1);
      expect(payi.ledger.map(({ outcome }) => outcome)).toEqual(['ok', 'blocked']);
    });
  });

  describe('of Azure', () => {
    it('charges the resource that it is priced as', async () => {
      const completion = await connectAzure().chat.completions.create({ model: 'team-a', messages });
      expect(completion).toHaveProperty('xproxy_result.cost', cost);
      expect(completion).toHaveProperty('xproxy_result.resource_id', model);
      expect(openai.requests.at(-1)).toMatchObject({
        path: '/openai/deployments/team-a/chat/completions',
        query: 'api-version=2024-10-21',
        headers: { host: 'azure.example' },
      });
      expect(payi.ledger).toMatchObject([
        { category: 'system.azureopenai', operation: 'chat/completions', resource: 'team-a', outcome: 'ok' },
      ]);
    });

    it('streams', async () => {
      const chunks = await collect(
        await connectAzure().chat.completions.create({
          model: 'team-a',
          messages,
          stream: true,
          stream_options: { include_usage: true },
        }),
      );
      expect(chunks.at(-1)).toHaveProperty('xproxy_result.cost', cost);
    });

    it('serves responses at their path without a deployment', async () => {
      const client = connectAzure().withOptions({
        baseURL: `${payi.url}/api/v1/proxy/azure.openai/openai/v1`,
      });
      const response = await client.responses.create({ model: 'team-b', input: 'hello' });
      expect(response).toHaveProperty('xproxy_result.cost', cost);
      expect(payi.ledger).toMatchObject([{ operation: 'responses', resource: 'team-b' }]);
    });

    it.each(['xProxy-Provider-BaseUri', 'xProxy-PriceAs-Resource'])('has to have %s', async (name) => {
      const error = await errorOf(
        connectAzure({ [name]: null }).chat.completions.create({ model: 'team-a', messages }),
      );
      expect(error).toMatchObject({ status: 400, error: { xproxy_error: { code: 'header_is_missing' } } });
      expect(error.message).toContain(name.toLowerCase());
      expect(openai.requests).toEqual([]);
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', errorCode: 'header_is_missing' }]);
    });

    it('is blocked like the others', async () => {
      await restart({ limits: [{ id: 'none', max: 0, type: 'block' }] });
      const client = connectAzure({ 'xProxy-Limit-IDs': 'none' });
      const error = await errorOf(client.chat.completions.create({ model: 'team-a', messages }));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(isLimitReached(error)).toBe(true);
    });
  });

  describe('with answers of the test', () => {
    it('meters what OpenAI counts in details', async () => {
      openai.answerNext({
        json: {
          choices: [],
          usage: {
            prompt_tokens: 100,
            completion_tokens: 50,
            prompt_tokens_details: { cached_tokens: 40 },
            completion_tokens_details: { reasoning_tokens: 20 },
          },
        },
      });
      await connect().chat.completions.create({ model, messages });
      openai.answerNext({
        json: {
          usage: { input_tokens: 50, input_tokens_details: { image_tokens: 40 }, output_tokens: 1000 },
        },
      });
      await connect().images.generate({ model: 'gpt-image-1', prompt: 'hello' });
      openai.answerNext({ json: { usage: { prompt_tokens: 8, total_tokens: 8 } } });
      await connect().embeddings.create({
        model: 'text-embedding-3-small',
        input: 'x',
        encoding_format: 'float',
      });
      openai.answerNext({ json: { usage: { prompt_tokens: 9, completion_tokens: 2 } } });
      await connect().completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'hello' });
      expect(payi.ledger.map(({ units }) => units)).toEqual([
        { text: { input: 60, output: 30 }, text_cache_read: { input: 40 }, reasoning: { output: 20 } },
        { text: { input: 10 }, vision: { input: 40 }, image: { output: 1000 } },
        { text: { input: 8 } },
        { text: { input: 9, output: 2 } },
      ]);
    });

    it('leaves its credentials and its own headers alone', async () => {
      openai.answerNext({ json: { choices: [] } });
      const client = connect({ 'xProxy-Forward-X-Trace': 'abc', 'OpenAI-Project': 'p1' });
      await client.chat.completions.create({ model, messages });
      await connectAzure().chat.completions.create({ model, messages });
      expect(openai.requests.map(({ headers }) => headers)).toMatchObject([
        { authorization: 'Bearer sk-test', 'x-trace': 'abc', 'openai-project': 'p1' },
        { 'api-key': 'azure-test' },
      ]);
      const sent = payi.requests[0]?.rawHeaders.filter(
        ([name]) => !/^(?:xproxy|host|connection)/i.test(name),
      );
      const received = openai.requests[0]?.rawHeaders.filter(
        ([name]) => !/^(?:x-trace|host|connection)$/i.test(name),
      );
      expect(received).toEqual(sent);
    });

    it('ends the provider request when a call is aborted', async () => {
      openai.answerNext({ json: {}, faults: { stallAfterEvents: 0 } });
      const controller = new AbortController();
      const call = connect().chat.completions.create({ model, messages }, { signal: controller.signal });
      const error = errorOf(call);
      await eventually(() => expect(openai.requests).toHaveLength(1));
      controller.abort();
      expect(await error).toBeInstanceOf(OpenAI.APIUserAbortError);
      await eventually(() => expect(openai.requests[0]?.answered).toBe('aborted'));
      await eventually(() => expect(payi.ledger).toMatchObject([{ outcome: 'aborted' }]));
    });

    it('ends the provider stream when the caller stops reading', async () => {
      openai.answerNext({
        events: [{ data: { choices: [{ delta: { content: 'a' } }] } }],
        faults: { stallAfterEvents: 1 },
      });
      const stream = await connect().chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) {
        expect(chunk.choices[0]?.delta.content).toBe('a');
        break;
      }
      await eventually(() => expect(openai.requests[0]?.answered).toBe('aborted'));
      await eventually(() =>
        expect(payi.ledger).toMatchObject([{ outcome: 'aborted', providerStatus: 200 }]),
      );
    });
  });
});
