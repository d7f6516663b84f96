import { createPayi, type Diagnostic, type Receipt, receiptOf } from '@payi/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payiClientOptions, type WithPayiOptions, withPayi } from '../src/index.ts';
import { chatEvents, done, roleChunk, stopChunk, textChunk, units, usage, usageChunk } from './answers.ts';
import { type Answer, type Provider, type ProviderRequest, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'Hello' }];

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const bare = (sdk: string, options: object = {}): OpenAI =>
  new (sdks[sdk] as (typeof sdks)[string]).OpenAI({
    apiKey: 'sk-test',
    baseURL: `${provider.url}/v1`,
    maxRetries: 0,
    ...options,
  });

function observe(client: OpenAI, options: WithPayiOptions = {}) {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    route: 'headers',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  return { client: withPayi(client, { payi, ...options }), payi, receipts, diagnostics };
}

/** Every chunk of a chat stream, and the receipt that its stream leads to. */
async function stream(client: OpenAI, extra: object = {}, options: object = {}) {
  const call = { model, messages, stream: true as const, ...extra };
  const answer = await client.chat.completions.create(call, options);
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { chunks, receipt: receiptOf(answer) };
}

const bodies = (): unknown[] => provider.requests.map(({ body }) => JSON.parse(body));
const asks = ({ body }: ProviderRequest): boolean => body.includes('"include_usage":true');

/** As servers were reported to refuse it. */
const refusals: Readonly<Record<string, Answer>> = {
  Mistral: {
    status: 422,
    json: {
      detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options', 'include_usage'], input: true }],
    },
  },
  'Azure on your data': {
    status: 400,
    json: { error: { message: 'Validation error at #/stream_options: Extra inputs are not permitted' } },
  },
  'an older vLLM': {
    status: 400,
    json: { object: 'error', message: "[{'loc': ('body', 'stream_options'), 'msg': 'extra fields'}]" },
  },
  'a server in Java': { status: 400, json: { error: 'Unrecognized field "streamOptions"' } },
};

describe.each(sdkNames)('a chat stream of %s whose server', (sdk) => {
  it.each(Object.entries(refusals))(
    'refuses the option like %s works, and is not asked again',
    async (_, answer) => {
      const { client, receipts } = observe(bare(sdk));
      const events = [roleChunk, textChunk('Hi'), stopChunk, usageChunk, done];
      provider.answerBy((request) => (asks(request) ? answer : { events }));
      const first = await stream(client);
      // What the server sends unasked reaches the caller.
      expect(first.chunks.at(-1)).toMatchObject({ choices: [], usage });
      expect(provider.requests.map(asks)).toEqual([true, false]);
      expect(bodies()[1]).toEqual({ model, messages, stream: true });
      const [asked, plain] = provider.requests.map(({ headers }) => ({ ...headers, 'content-length': '' }));
      expect(plain).toEqual(asked);

      expect((await stream(client)).chunks).toEqual(first.chunks);
      expect((await stream(client.withOptions({ maxRetries: 1 }))).chunks).toEqual(first.chunks);
      expect(provider.requests.map(asks)).toEqual([true, false, false, false]);
      expect(receipts).toHaveLength(3);
      for (const receipt of receipts) {
        expect(receipt).toMatchObject({
          outcome: 'complete',
          attempts: 1,
          httpStatus: 200,
          units,
          warnings: [],
        });
      }
      expect(first.receipt).toBe(receipts[0]);
    },
  );

  it('refuses something else answers once, with its own refusal', async () => {
    const { client, receipts } = observe(bare(sdk));
    provider.answerWith({
      status: 400,
      json: { error: { message: 'max_tokens is too large', code: 'bad' } },
    });
    await expect(stream(client)).rejects.toMatchObject({ status: 400, code: 'bad' });
    expect(provider.requests).toHaveLength(1);
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([
      { outcome: 'failed', attempts: 1, properties: { 'system.failure': 'bad' } },
    ]);
  });

  it('refuses the caller’s own body, too, is asked again the next time', async () => {
    const { client, receipts } = observe(bare(sdk));
    provider.answerBy((request) => ({
      status: 400,
      json: { error: { message: asks(request) ? 'not "stream_options"' : 'nothing works', code: 'bad' } },
    }));
    await expect(stream(client)).rejects.toMatchObject({ message: '400 nothing works' });
    await expect(stream(client)).rejects.toMatchObject({ message: '400 nothing works' });
    expect(provider.requests.map(asks)).toEqual([true, false, true, false]);
    await until(() => receipts.length > 1);
    expect(receipts).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
  });

  it('refuses the option and breaks then is tried again by the SDK, as one call', async () => {
    const { client, receipts } = observe(bare(sdk, { maxRetries: 1 }));
    const answers: Answer[] = [
      refusals.Mistral as Answer,
      { status: 503, headers: { 'retry-after-ms': '1' }, json: {} },
      { events: chatEvents(['Hi'], true) },
    ];
    provider.answerWith(...answers);
    await stream(client);
    expect(receipts).toMatchObject([{ outcome: 'complete', attempts: 2, units }]);
  });

  it('refuses the option gets the second request on the signal of the first', async () => {
    const signals: unknown[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      signals.push(init?.signal);
      return globalThis.fetch(url, init);
    };
    const { client, receipts } = observe(bare(sdk, { fetch }));
    provider.answerBy((request) => (asks(request) ? (refusals.Mistral as Answer) : { silence: true }));
    const caller = new AbortController();
    const call = stream(client, {}, { signal: caller.signal });
    await until(() => provider.requests.length === 2);
    expect(signals[1]).toBe(signals[0]);
    caller.abort();
    await expect(call).rejects.toThrow('aborted');
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1 }]);
  });
});

describe.each(sdkNames)('a chat stream of %s is sent as the caller made it', (sdk) => {
  const told: Readonly<Record<string, object>> = {
    'says that no usage is wanted': { stream_options: { include_usage: false } },
    'says nothing of usage on purpose': { stream_options: { include_usage: null } },
    'asks in the way of OpenRouter': { usage: { include: true } },
  };
  it.each(Object.entries(told))('where it %s', async (_, extra) => {
    const { client } = observe(bare(sdk));
    provider.answerWith({ events: [roleChunk, usageChunk, done] });
    expect((await stream(client, extra)).chunks.at(-1)).toMatchObject({ choices: [], usage });
    await stream(bare(sdk), extra);
    expect(provider.requests[0]?.body).toBe(provider.requests[1]?.body);
  });

  it('where askForUsage is false, also with payiClientOptions()', async () => {
    const { client, payi } = observe(bare(sdk), { askForUsage: false });
    const made = bare(sdk, payiClientOptions({ payi, askForUsage: false }));
    provider.answerWith({ events: [roleChunk, usageChunk, done] });
    for (const one of [bare(sdk), client, made]) {
      expect((await stream(one)).chunks.at(-1)).toMatchObject({ choices: [], usage });
    }
    const [first] = provider.requests;
    expect(provider.requests.map(({ body }) => body)).toEqual(Array(3).fill(first?.body));
  });

  it.each(['content-digest', 'x-amz-date', 'content-md5'])('where it has a %s', async (name) => {
    const { client } = observe(bare(sdk));
    provider.answerWith({ events: chatEvents(['Hi'], false) });
    await stream(client, {}, { headers: { [name]: 'x' } });
    expect(bodies()).toEqual([{ model, messages, stream: true }]);
  });

  it('where the server is known to count anyway', async () => {
    const sent: unknown[] = [];
    const fetch = async (_: unknown, init: { body: string }): Promise<Response> => {
      sent.push(JSON.parse(init.body));
      return new Response(chatEvents(['Hi'], true).join(''), {
        headers: { 'content-type': 'text/event-stream' },
      });
    };
    const { client } = observe(bare(sdk, { baseURL: 'https://openrouter.ai/api/v1', fetch }));
    const { chunks, receipt } = await stream(client);
    expect(sent).toEqual([{ model, messages, stream: true }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(receipt).toMatchObject({ units });
  });
});

describe.each(sdkNames)('the last chunk of a chat stream of %s', (sdk) => {
  const last = (more: object): string =>
    usageChunk.replace('"choices":[]', JSON.stringify({ choices: [], ...more }).slice(1, -1));
  const read = async (...events: string[]) => {
    const { client, receipts } = observe(bare(sdk));
    provider.answerWith({ events: [roleChunk, textChunk('Hi'), stopChunk, ...events, done] });
    return { ...(await stream(client)), receipts };
  };

  it('reaches the caller if it states a cost', async () => {
    const priced = usageChunk.replace('"usage":{', '"usage":{"cost":0.000093,');
    const { chunks, receipt } = await read(priced);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { cost: 0.000093 } });
    expect(receipt).toMatchObject({ units });
  });

  it('is thrown if it is an error', async () => {
    await expect(read(last({ error: { code: 'overloaded', message: 'x' } }))).rejects.toMatchObject({
      code: 'overloaded',
    });
  });

  it.each<[string, (json: string) => string]>([
    ['with blanks', (json) => json.replaceAll('":', '" :\t ').replaceAll(',', ' , ')],
    ['in several lines', (json) => JSON.stringify(JSON.parse(json), null, 2).replaceAll('\n', '\ndata: ')],
    [
      'with escaped names',
      (json) => json.replace('"usage"', '"us\\u0061ge"').replace('"choices"', '"\\u0063hoices"'),
    ],
  ])('is read and taken out however its JSON is written: %s', async (_, write) => {
    const rewritten = (event: string): string => `data: ${write(event.slice('data: '.length).trimEnd())}\n\n`;
    const { client, receipts } = observe(bare(sdk));
    provider.answerWith({
      events: [...[roleChunk, textChunk('Hi'), stopChunk, usageChunk].map(rewritten), done],
    });
    const { chunks } = await stream(client);
    expect(chunks).toHaveLength(3);
    expect(receipts).toMatchObject([
      { outcome: 'complete', units, properties: { 'system.stop_reason': 'stop' }, warnings: [] },
    ]);
  });
});

describe('askForUsage', () => {
  const [sdk = ''] = sdkNames;

  it('is true or false', () => {
    const askForUsage = 'no' as never;
    expect(() => withPayi(bare(sdk), { askForUsage })).toThrow('askForUsage must be true or false');
    expect(() => payiClientOptions({ askForUsage })).toThrow('askForUsage must be true or false');
  });

  it('stays what it was for a client that has Pay-i', () => {
    const { client, payi, diagnostics } = observe(bare(sdk), { askForUsage: false });
    expect(withPayi(client, { payi })).toBe(client);
    expect(withPayi(client, { payi, askForUsage: false })).toBe(client);
    expect(diagnostics).toEqual([]);
    expect(withPayi(client, { payi, askForUsage: true })).toBe(client);
    expect(diagnostics).toMatchObject([{ code: 'REGISTRATION_IGNORED' }]);
  });
});
