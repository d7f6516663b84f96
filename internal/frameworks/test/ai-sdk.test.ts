import { createHeaders, isLimitReached, isPayiError, type Route, receiptOf } from '@payi/core';
import { payiMiddleware, track } from '@payi/core/context';
import {
  embed,
  generateText,
  stepCountIs,
  streamText,
  tool,
  wrapEmbeddingModel,
  wrapLanguageModel,
} from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  answer,
  bedrockOf,
  claudeOf,
  Lab,
  type ProviderName,
  providers,
  toolQuestion,
  units,
} from './lab.ts';

const lab = new Lab();
const routes: readonly Route[] = ['proxy', 'direct', 'headers'];
const names = Object.keys(providers) as ProviderName[];
const rows = names.flatMap((provider) => routes.map((route) => ({ provider, route })));

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});

const xproxy = (headers: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('xproxy-'));

async function errorOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('the call succeeded');
}

/** What `streamText()` reports as its error. */
async function errorOfStream(options: Omit<Parameters<typeof streamText>[0], 'onError'>): Promise<unknown> {
  let seen: unknown;
  const { fullStream } = streamText({
    ...options,
    onError: ({ error }) => {
      seen = error;
    },
  } as Parameters<typeof streamText>[0]);
  for await (const _ of fullStream);
  return seen;
}

describe.each(rows)('the AI SDK with $provider, route $route', ({ provider, route }) => {
  const open = () => providers[provider].model(lab.place(provider, route));
  const userId = 'u-42';

  function check(count: number): void {
    const { resource } = providers[provider];
    expect(lab.receipts).toHaveLength(count);
    for (const receipt of lab.receipts) {
      expect(receipt).toMatchObject({
        resource,
        units,
        outcome: 'complete',
        annotations: { userId },
        attempts: 1,
        warnings: [],
      });
      if (route !== 'headers') expect(receipt.cost?.total).toBeGreaterThan(0);
    }
    expect(xproxy(lab.arrived(provider))).toEqual(route === 'headers' ? ['xproxy-user-id'] : []);
    if (provider === 'bedrock') {
      expect(lab.bedrock.requests.at(-1)?.signature).toMatchObject({ scheme: 'sigv4', valid: true });
      expect(lab.bedrock.requests.at(-1)?.signature.signedHeaders.join()).not.toContain('xproxy');
    }
    expect(lab.diagnostics).toEqual([]);
  }

  it('generateText() is metered, and its response leads to the receipt', async () => {
    const model = open();
    const result = await track({ userId }, () => generateText({ model, prompt: 'Hello' }));
    expect(result.text).toBe(answer);
    await lab.theReceipts(1);
    check(1);
    expect(receiptOf(result.response)).toBe(lab.receipts[0]);
  });

  it('streamText() is metered, and its response leads to the receipt', async () => {
    const model = open();
    const result = track({ userId }, () => streamText({ model, prompt: 'Hello' }));
    let text = '';
    for await (const piece of result.textStream) text += piece;
    expect(text).toBe(answer);
    await lab.theReceipts(1);
    check(1);
    expect(lab.receipts[0]?.timeToFirstTokenMs).toBeGreaterThan(0);
    expect(receiptOf(await result.response)).toBe(lab.receipts[0]);
  });

  it('each step of a tool loop is a call', async () => {
    const model = open();
    const options = { model, prompt: toolQuestion, tools: { weather }, stopWhen: stepCountIs(3) };
    const result = await track({ userId }, () => generateText(options));
    expect(result.text).toBe(answer);
    await lab.theReceipts(2);
    check(2);
    expect(lab.receipts.map(({ toolCalls }) => toolCalls)).toEqual([['weather'], []]);
    lab.receipts = [];
    const streamed = track({ userId }, () => streamText(options));
    expect(await streamed.text).toBe(answer);
    await lab.theReceipts(2);
    check(2);
    expect(lab.receipts.map(({ toolCalls }) => toolCalls)).toEqual([['weather'], []]);
  });

  it('providerOptions.payi annotates a call', async () => {
    const model = wrapLanguageModel({ model: open(), middleware: payiMiddleware });
    const providerOptions = { payi: { userId } };
    await generateText({ model, prompt: 'Hello', providerOptions });
    await streamText({ model, prompt: 'Hello', providerOptions }).text;
    await lab.theReceipts(2);
    check(2);
    const wrong = { payi: { userID: 'u-1' } };
    const error = await errorOf(generateText({ model, prompt: 'Hello', providerOptions: wrong }));
    expect(error).toSatisfy(isPayiError);
  });

  it('an error of the provider is the AI SDK’s own, and leads to the receipt', async () => {
    const model = open();
    const error = await errorOf(generateText({ model, prompt: 'refused', maxRetries: 0 }));
    expect(error).toMatchObject({ name: 'AI_APICallError', statusCode: 400 });
    const [receipt] = await lab.theReceipts(1);
    expect(receipt).toMatchObject({ outcome: 'failed', httpStatus: 400 });
    expect(receiptOf(error)).toBe(receipt);
    expect(await errorOfStream({ model, prompt: 'refused', maxRetries: 0 })).toMatchObject({
      statusCode: 400,
    });
    await lab.theReceipts(2);
  });

  it.runIf(route === 'proxy')(
    'a call beyond its limit is known as such, and is not tried again',
    async () => {
      const model = open();
      const before = lab.backend.requests.length;
      await track({ limitIds: ['spent'] }, async () => {
        const error = await errorOf(generateText({ model, prompt: 'Hello' }));
        expect(isLimitReached(error)).toBe(true);
        expect(receiptOf(error)).toMatchObject({ outcome: 'blocked', blockedLimitIds: ['spent'] });
        expect(isLimitReached(await errorOfStream({ model, prompt: 'Hello' }))).toBe(true);
      });
      expect(lab.backend.requests).toHaveLength(before + 2);
      await lab.theReceipts(2);
    },
  );

  it.runIf(provider === 'bedrock')('embed() is metered', async () => {
    const place = lab.place(provider, route);
    const model = wrapEmbeddingModel({
      model: bedrockOf(place).embedding('amazon.titan-embed-text-v2:0'),
      middleware: payiMiddleware,
    });
    const { embedding } = await embed({ model, value: 'Hello', providerOptions: { payi: { userId } } });
    expect(embedding.length).toBeGreaterThan(0);
    const [receipt] = await lab.theReceipts(1);
    expect(receipt).toMatchObject({
      operation: 'InvokeModel',
      resource: 'amazon.titan-embed-text-v2:0',
      annotations: { userId },
      outcome: 'complete',
      units: { text: { input: expect.any(Number) } },
      warnings: [],
    });
  });

  it.runIf(provider === 'bedrock')('Claude by InvokeModel is metered, in Anthropic’s format', async () => {
    const options = { model: claudeOf(lab.place(provider, route)), prompt: 'Hello', maxOutputTokens: 500 };
    const { text } = await track({ userId }, () => generateText(options));
    expect(text).not.toBe('');
    expect(await track({ userId }, () => streamText(options)).text).toBe(text);
    const receipts = await lab.theReceipts(2);
    expect(receipts.map(({ operation }) => operation)).toEqual([
      'InvokeModel',
      'InvokeModelWithResponseStream',
    ]);
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ outcome: 'complete', annotations: { userId }, warnings: [] });
      expect(receipt.units.text?.output).toBeGreaterThan(0);
    }
    expect(lab.bedrock.requests.at(-1)?.signature.valid).toBe(true);
  });

  it.runIf(provider === 'bedrock')('a Bedrock API key does in place of a signature', async () => {
    const model = bedrockOf(lab.place(provider, route), lab.bedrock.bearerToken)('amazon.nova-lite-v1:0');
    const { text } = await generateText({ model, prompt: 'Hello', headers: createHeaders({ userId }) });
    expect(text).toBe(answer);
    await lab.theReceipts(1);
    expect(lab.receipts[0]).toMatchObject({ outcome: 'complete', units, annotations: { userId } });
    expect(xproxy(lab.arrived(provider))).toEqual(route === 'headers' ? ['xproxy-user-id'] : []);
  });

  it.runIf(provider === 'bedrock')('annotations that the provider has signed are refused', async () => {
    const headers = createHeaders({ userId });
    const before = lab.bedrock.requests.length;
    const call = generateText({ model: open(), prompt: 'Hello', headers });
    if (route === 'headers') {
      await call;
      expect(lab.bedrock.requests.at(-1)?.signature).toMatchObject({
        valid: true,
        signedHeaders: expect.arrayContaining(['xproxy-user-id']),
      });
      expect(lab.receipts).toMatchObject([{ annotations: { userId }, outcome: 'complete' }]);
      return;
    }
    expect(await errorOf(call)).toMatchObject({
      code: 'INVALID_ANNOTATION',
      key: 'headers["xproxy-user-id"]',
    });
    expect(lab.bedrock.requests).toHaveLength(before);
    expect(lab.receipts).toEqual([]);
  });
});
