import { createPayi, type Receipt, receiptOf } from '@payi/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { done, textChunk } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const model = 'm';
const calls: Readonly<Record<string, (client: OpenAI) => Promise<object>>> = {
  chat: (client) => client.chat.completions.create({ model, messages: [] }),
  responses: (client) => client.responses.create({ model, input: 'x' }),
  embeddings: (client) => client.embeddings.create({ model, input: 'x', encoding_format: 'float' }),
  images: (client) => client.images.generate({ model, prompt: 'x' }),
};
/** As OpenRouter, LiteLLM and others name them. */
const errors: Readonly<Record<string, [object, string]>> = {
  'a status for a code': [{ message: 'you said: secret', code: 502 }, '502'],
  'a code': [{ message: 'you said: secret', code: 'rate_limited', type: 'x' }, 'rate_limited'],
  'a type': [{ message: 'you said: secret', code: null, type: 'server_error' }, 'server_error'],
  neither: [{ message: 'you said: secret' }, 'error'],
};

describe.each(sdkNames)('an error with status 200, %s,', (sdk) => {
  const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
  const observe = () => {
    const receipts: Receipt[] = [];
    const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
    const plain = new OpenAI({ apiKey: 'k', baseURL: `${provider.url}/v1`, maxRetries: 0 });
    return { client: withPayi(plain, { payi }), receipts };
  };

  it.each(Object.entries(errors))('that has %s is a failed call', async (_, [error, name]) => {
    for (const call of Object.values(calls)) {
      const { client, receipts } = observe();
      provider.answerWith({ json: { object: 'x', data: [], output: [], choices: [], error } });
      await call(client).catch(() => {});
      await until(() => receipts.length > 0);
      expect(receipts).toMatchObject([
        { outcome: 'failed', httpStatus: 200, properties: { 'system.failure': name } },
      ]);
      expect(JSON.stringify(receipts)).not.toContain('secret');
    }
  });

  it.each(Object.entries(errors))('in a stream, with %s, ends it', async (_, [error, name]) => {
    const { client, receipts } = observe();
    const event = `data: ${JSON.stringify({ choices: [], error })}\n\n`;
    provider.answerWith({ events: [textChunk('Hi'), event, done] });
    const stream = await client.chat.completions.create({ model, messages: [], stream: true });
    const read = async (): Promise<void> => {
      for await (const _chunk of stream);
    };
    await expect(read()).rejects.toThrow();
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'partial', properties: { 'system.failure': name } }]);
    expect(receiptOf(stream)).toBe(receipts[0]);
  });

  it('is none where the member is null', async () => {
    const { client, receipts } = observe();
    provider.answerWith({ json: { id: 'r', object: 'response', output: [], error: null } });
    await client.responses.create({ model, input: 'x' });
    provider.answerWith({ json: { error: null, data: [], usage: { prompt_tokens: 8, total_tokens: 8 } } });
    await client.embeddings.create({ model, input: 'x', encoding_format: 'float' });
    await until(() => receipts.length > 1);
    expect(receipts).toMatchObject([
      { outcome: 'complete' },
      { outcome: 'complete', units: { text: { input: 8 } } },
    ]);
  });
});
