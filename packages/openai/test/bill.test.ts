import { createPayi, type Diagnostic, type PayiOptions, type Receipt } from '@payi/core';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { completion, done, responseEvents, roleChunk, stopChunk, textChunk, usage } from './answers.ts';
import { type Answer, type Provider, startProvider } from './provider.ts';
import { until } from './until.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const messages = [{ role: 'user' as const, content: 'Hello' }];

interface Observed {
  readonly client: OpenAI;
  readonly receipts: Receipt[];
  readonly diagnostics: Diagnostic[];
  readonly events: Record<string, unknown>[];
  close(): Promise<boolean>;
}

/** @param host - The client's; every host is the provider. */
function observe(host = '127.0.0.1', options: PayiOptions = {}): Observed {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const events: Record<string, unknown>[] = [];
  const payi = createPayi({
    route: 'direct',
    apiKey: 'k',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
    delivery: {
      offline: (lines) => void events.push(...lines.map((line) => JSON.parse(line))),
      ...options.delivery,
    },
  });
  const fetch: typeof globalThis.fetch = (input, init) =>
    globalThis.fetch(provider.url + new URL(String(input)).pathname, init);
  const plain = new OpenAI({ apiKey: 'sk', baseURL: `https://${host}/v1`, maxRetries: 0, fetch });
  return { client: withPayi(plain, { payi }), receipts, diagnostics, events, close: () => payi.close() };
}

async function receiptOfCall(
  answer: Answer,
  call: (client: OpenAI) => Promise<unknown>,
): Promise<{ receipt: Receipt | undefined; event: Record<string, unknown> | undefined }> {
  const { client, receipts, events, close } = observe();
  provider.answerWith(answer);
  const result = await call(client);
  if (Symbol.asyncIterator in Object(result)) {
    for await (const _ of result as AsyncIterable<unknown>);
  }
  await close();
  await until(() => receipts.length === 1);
  return { receipt: receipts[0], event: events[0] };
}

const chat = (client: OpenAI) => client.chat.completions.create({ model: 'm', messages });
const streamed = (client: OpenAI) => client.chat.completions.create({ model: 'm', messages, stream: true });
const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

describe('a receipt', () => {
  it('says which model answered, which tier was billed, and what the provider charged', async () => {
    const json = { ...completion, service_tier: 'flex', usage: { ...usage, cost: 0.25 } };
    const { receipt, event } = await receiptOfCall({ json }, (client) =>
      client.chat.completions.create({ model: 'openrouter/auto', messages, service_tier: 'auto' }),
    );
    expect(receipt).toMatchObject({
      resource: 'openrouter/auto',
      model: 'gpt-4o-2024-08-06',
      serviceTier: 'flex',
      providerCost: { currency: 'usd', total: 0.25 },
      warnings: [],
    });
    expect(event).toMatchObject({
      resource: 'openrouter/auto',
      properties: {
        'system.model': 'gpt-4o-2024-08-06',
        'system.service_tier': 'flex',
        'system.provider_cost': '0.25',
      },
    });
  });

  it('that is priced as the model that answered has the one asked for in its event', async () => {
    const hostMappings = [{ host: 'openrouter.ai', priceAs: 'answered' as const }];
    const { client, receipts, events, close } = observe('openrouter.ai', { delivery: { hostMappings } });
    provider.answerWith({ json: completion });
    await client.chat.completions.create({ model: 'openrouter/auto', messages });
    await close();
    expect(receipts).toMatchObject([{ resource: 'openrouter/auto', model: 'gpt-4o-2024-08-06' }]);
    expect(events).toMatchObject([
      {
        resource: 'gpt-4o-2024-08-06',
        properties: { 'system.requested_model': 'openrouter/auto', 'system.model': 'gpt-4o-2024-08-06' },
      },
    ]);
  });

  it('says the tier that was asked for where the answer does not', async () => {
    const { receipt } = await receiptOfCall({ json: completion }, (client) =>
      client.chat.completions.create({ model: 'm', messages, service_tier: 'priority' }),
    );
    expect(receipt?.serviceTier).toBe('priority');
    const { receipt: plain } = await receiptOfCall({ json: completion }, chat);
    expect(plain).not.toHaveProperty('serviceTier');
  });

  it('has the model of a stored prompt for its resource', async () => {
    const { receipt, event } = await receiptOfCall({ events: responseEvents(['Hi']) }, (client) =>
      client.responses.create({ prompt: { id: 'pmpt_1' }, stream: true }),
    );
    expect(receipt).toMatchObject({ resource: 'gpt-4o-2024-08-06', model: 'gpt-4o-2024-08-06' });
    expect(event).toMatchObject({ resource: 'gpt-4o-2024-08-06' });
  });

  it('prefers the deployment that Azure names, where nothing was asked for', async () => {
    const headers = { 'x-ms-deployment-name': 'team-a' };
    const { receipt } = await receiptOfCall({ json: completion, headers }, (client) =>
      client.chat.completions.create({ messages } as never),
    );
    expect(receipt).toMatchObject({ resource: 'team-a', model: 'gpt-4o-2024-08-06' });
    const { receipt: asked } = await receiptOfCall({ json: { ...completion, model: '' }, headers }, chat);
    expect(asked).toMatchObject({ resource: 'm', model: 'team-a' });
  });

  it('warns of counts that are not the stated total', async () => {
    const json = { ...completion, usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 20 } };
    const { receipt } = await receiptOfCall({ json }, chat);
    const warning = 'the answer states 20 tokens in total, and its counts add up to 14';
    expect(receipt).toMatchObject({ units: { text: { input: 10, output: 4 } }, warnings: [warning] });
  });
});

describe('a chat stream', () => {
  const usageChunk = event({ id: 'c', object: 'chat.completion.chunk', choices: [], usage });

  it('is complete without [DONE] after its stop reason and its counts', async () => {
    const { receipt } = await receiptOfCall({ events: [roleChunk, stopChunk, usageChunk] }, streamed);
    expect(receipt).toMatchObject({ outcome: 'complete', warnings: [] });
    const { receipt: cut } = await receiptOfCall({ events: [roleChunk, usageChunk] }, streamed);
    expect(cut).toMatchObject({ outcome: 'partial' });
  });

  it('keeps the counts beside an error in its last chunk, which its caller sees', async () => {
    const failed = event({ choices: [], usage, error: { code: 502, message: 'secret' } });
    const { client, receipts } = observe();
    provider.answerWith({ events: [roleChunk, textChunk('Hi'), failed, done] });
    const read = async (): Promise<void> => {
      for await (const _ of await streamed(client));
    };
    await expect(read()).rejects.toThrow();
    await until(() => receipts.length === 1);
    expect(receipts).toMatchObject([
      {
        outcome: 'partial',
        units: { text: { input: 60, output: 30 } },
        properties: { 'system.failure': '502' },
      },
    ]);
  });

  it('hides a chunk without choices, too, that its caller did not ask for', async () => {
    const { client, receipts } = observe();
    const bare = event({ id: 'c', object: 'chat.completion.chunk', usage });
    provider.answerWith({ events: [roleChunk, stopChunk, bare, done] });
    for await (const { choices } of await streamed(client)) expect(choices).toHaveLength(1);
    await until(() => receipts.length === 1);
    expect(receipts).toMatchObject([{ outcome: 'complete', units: { text: { input: 60 } } }]);
  });

  it('names a tool once, however often its server does', async () => {
    const piece = (part: string): string =>
      event({
        choices: [
          {
            index: 0,
            delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'read', arguments: part } }] },
          },
        ],
      });
    const { receipt } = await receiptOfCall(
      { events: [roleChunk, piece(''), piece('{'), piece('}'), stopChunk, usageChunk, done] },
      streamed,
    );
    expect(receipt?.toolCalls).toEqual(['read']);
  });
});

it.each<[string, object, string]>([
  ['in a choice', { choices: [{ index: 0, error: { code: 502, message: 'secret' } }] }, '502'],
  ['by its kind of object', { object: 'error', code: 'bad_request', message: 'secret' }, 'bad_request'],
])('an error with status 200 that is one %s is a failed call', async (_, json, failure) => {
  const { receipt } = await receiptOfCall({ json: { usage, ...json } }, chat);
  expect(receipt).toMatchObject({
    outcome: 'failed',
    units: { text: { input: 60 } },
    properties: { 'system.failure': failure },
  });
});

describe('what is not priced in tokens', () => {
  const unpriced = 'no count that Pay-i prices was found in the answer';

  it('is pictures: number, size and quality, as answered, else as asked', async () => {
    const data = [{ b64_json: 'aGk="b64_json"' }, { b64_json: 'aGk=' }];
    const ask = (client: OpenAI) =>
      client.images.generate({ model: 'dall-e-3', prompt: 'x', size: '1024x1024', quality: 'hd' });
    const { receipt, event } = await receiptOfCall({ json: { created: 1, data } }, ask);
    expect(receipt).toMatchObject({
      billable: { images: 2 },
      properties: { 'system.size': '1024x1024', 'system.quality': 'hd' },
      warnings: [unpriced],
    });
    expect(event).toMatchObject({
      units: {},
      properties: { 'system.billable.images': '2', 'system.size': '1024x1024', 'system.quality': 'hd' },
    });
    const answered = { created: 1, data: [{ url: 'u' }], size: '512x512', quality: 'low' };
    const { receipt: other } = await receiptOfCall({ json: answered }, ask);
    expect(other).toMatchObject({
      billable: { images: 1 },
      properties: { 'system.size': '512x512', 'system.quality': 'low' },
    });
  });

  it('is characters of speech', async () => {
    const speak = async (client: OpenAI) => {
      const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Grüße 🙂' });
      expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe('"sound"');
    };
    const headers = { 'content-type': 'audio/mpeg' };
    const { receipt } = await receiptOfCall({ json: 'sound', headers }, speak);
    expect(receipt).toMatchObject({ outcome: 'complete', resource: 'tts-1', billable: { characters: 7 } });
  });

  it('is nothing of a call that failed', async () => {
    const { client, receipts } = observe();
    provider.answerWith({ status: 400, json: { error: { message: 'no' } } });
    await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hi' }).catch(() => {});
    await until(() => receipts.length === 1);
    expect(receipts[0]).not.toHaveProperty('billable');
  });
});

describe('on route direct, a server', () => {
  async function diagnosticsOf(
    host: string,
    options?: PayiOptions,
    headers?: Record<string, string>,
  ): Promise<Diagnostic[]> {
    const { client, diagnostics, receipts } = observe(host, options);
    provider.answerWith({ json: completion });
    for (let call = 0; call < 2; call += 1) {
      await client.chat.completions.create({ model: 'm', messages }, headers && { headers });
      await client.responses.create({ model: 'm', input: 'x' }, headers && { headers });
    }
    const category = host.startsWith('generativelanguage') ? 'system.google.vertex' : 'system.openai';
    expect(receipts.every((receipt) => receipt.category === category)).toBe(true);
    return diagnostics;
  }

  it('that is in no table is named once, with the option to write', async () => {
    const message = "hostMappings: [{ host: 'llm.example.com', priceAsCategory: ";
    expect(await diagnosticsOf('LLM.example.com:8443')).toMatchObject([
      { code: 'UNKNOWN_HOST', message: expect.stringContaining(message) },
    ]);
    expect(await diagnosticsOf('api.openai.com.example')).toHaveLength(1);
  });

  it.each([
    ...['api.openai.com', 'eu.api.openai.com', 'api.x.ai', 'us-east-1.api.x.ai', 'api.deepseek.com'],
    ...['api.moonshot.cn', 'generativelanguage.googleapis.com', 'api.mistral.ai', 'api.groq.com'],
    ...['openrouter.ai', 'api.perplexity.ai', 'api.together.xyz', 'api.fireworks.ai', 'api.cohere.ai'],
    ...['ai-gateway.vercel.sh', 'localhost:11434', '127.0.0.1:8000', '[::1]', 'vllm.localhost'],
  ])('such as %s is not named', async (host) => {
    expect(await diagnosticsOf(host)).toEqual([]);
  });

  it('is not named where somebody has said what its calls are', async () => {
    const priceAsCategory = 'system.mine';
    const hostMappings = [{ host: 'https://llm.example.com', priceAsCategory }];
    expect(await diagnosticsOf('llm.example.com', { delivery: { hostMappings } })).toEqual([]);
    expect(await diagnosticsOf('llm.example.com', { defaults: { priceAsCategory } })).toEqual([]);
    const headers = { 'xProxy-PriceAs-Category': priceAsCategory };
    expect(await diagnosticsOf('llm.example.com', {}, headers)).toEqual([]);
  });
});
