import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '../src/index.ts';
import { createClient, type TransportName, transportNames } from './clients.ts';

const modelId = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'Tell me a story' }] }];
const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 50,
  messages: [{ role: 'user', content: 'Tell me a story' }],
});
const hundredPieces = Array.from({ length: 100 }, (_, index) => `piece ${index} `);
/** With a hundredth of a second between its pieces it takes a minute. */
const endless: string[] = Array(6000).fill('more ');
const routes = ['proxy', 'headers'] as const;

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;
const clients: BedrockRuntimeClient[] = [];

beforeAll(async () => {
  bedrock = await startBedrock();
  backend = await startPayi();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

function observe(
  route: (typeof routes)[number],
  transport: TransportName,
  options: BedrockCallbackOptions = {},
): { client: BedrockRuntimeClient; receipts: Receipt[] } {
  const receipts: Receipt[] = [];
  const client = createClient({ ...bedrock.clientConfig, maxAttempts: 1 }, transport);
  clients.push(client);
  const payi = createPayi({
    route,
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
  });
  registerBedrockClientCallbacks(client, ['InvokeModelWithResponseStream', 'ConverseStream'], {
    payi,
    ...options,
  });
  return { client, receipts };
}

const converseStream = (client: BedrockRuntimeClient, abortSignal?: AbortSignal) =>
  client.send(new ConverseStreamCommand({ modelId, messages }), { abortSignal });
const invokeStream = (client: BedrockRuntimeClient) =>
  client.send(new InvokeModelWithResponseStreamCommand({ modelId, body }));

async function until(condition: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await sleep(5);
  }
}

const rows = transportNames.flatMap((transport) => routes.map((route) => ({ transport, route })));

describe('a stream whose reader leaves early', () => {
  it.each(rows)('stops the server, $transport, route $route', async ({ transport, route }) => {
    const { client, receipts } = observe(route, transport);
    bedrock.answerNext({ chunks: endless, chunkDelayMs: 10, usage: { inputTokens: 12 } });
    const response = await converseStream(client);
    let events = 0;
    for await (const _ of response.stream ?? []) {
      events += 1;
      if (events === 3) break;
    }
    expect(receipts).toHaveLength(1);
    expect(receiptOf(response)).toMatchObject({ outcome: 'partial', units: {}, usageSource: 'none' });
    expect(receiptOf(response)?.warnings).toEqual(['the caller left the stream before its end']);
    await until(() => bedrock.requests.at(-1)?.answered === 'aborted');
    expect(bedrock.requests.at(-1)?.eventsWritten).toBeLessThan(100);
    // The client is as good as before.
    await whenSettled(await readAll(await converseStream(client)));
  });

  it('keeps every counter that had arrived', async () => {
    const { client } = observe('headers', 'h2');
    bedrock.answerNext({
      chunks: hundredPieces,
      chunkDelayMs: 5,
      usage: {
        inputTokens: 12,
        cacheReadInputTokens: 1000,
        cacheWrite5mInputTokens: 20,
        cacheWrite1hInputTokens: 80,
      },
    });
    const response = await invokeStream(client);
    for await (const _ of response.body ?? []) break;
    const receipt = receiptOf(response);
    expect(receipt).toMatchObject({ outcome: 'partial', usageSource: 'stream' });
    expect(receipt?.units).toMatchObject({
      text: { input: 12 },
      text_cache_read: { input: 1000 },
      text_cache_write: { input: 20 },
      text_cache_write_1h: { input: 80 },
    });
  });

  it.each(['throw', 'return'] as const)(
    'by %s gets its own error or value and leaves one record',
    async (way) => {
      const { client, receipts } = observe('headers', 'h2');
      bedrock.answerNext({ chunks: hundredPieces, chunkDelayMs: 5 });
      const read = async (): Promise<string> => {
        for await (const _ of (await converseStream(client)).stream ?? []) {
          if (way === 'throw') throw new Error('mine');
          return 'mine';
        }
        return 'read to the end';
      };
      if (way === 'throw') await expect(read()).rejects.toThrow('mine');
      else expect(await read()).toBe('mine');
      expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
    },
  );

  it.each(rows)(
    'is counted in full under onAbandon drain, $transport, route $route',
    async ({ transport, route }) => {
      const { client, receipts } = observe(route, transport, { onAbandon: 'drain' });
      bedrock.answerNext({ chunks: hundredPieces, usage: { inputTokens: 12, outputTokens: 345 } });
      const response = await converseStream(client);
      for await (const _ of response.stream ?? []) break;
      const receipt = await whenSettled(response);
      expect(receipt).toMatchObject({ outcome: 'complete', units: { text: { input: 12, output: 345 } } });
      expect(receipts).toEqual([receipt]);
      expect(bedrock.requests.at(-1)?.answered).toBe('complete');
    },
  );

  it('is read on within bounds, then closed', async () => {
    for (const onAbandon of [{ drainEvents: 5 }, { drainMs: 60 }]) {
      const { client } = observe('headers', 'h2', { onAbandon });
      bedrock.answerNext({ chunks: endless, chunkDelayMs: 10 });
      const response = await converseStream(client);
      for await (const _ of response.stream ?? []) break;
      expect(receiptOf(response)).toBeUndefined();
      expect(await whenSettled(response)).toMatchObject({ outcome: 'partial' });
      await until(() => bedrock.requests.at(-1)?.answered === 'aborted');
      expect(bedrock.requests.at(-1)?.eventsWritten).toBeLessThan(100);
    }
  });

  it('at the stop of the model does not wait for ever for counts that do not come', async () => {
    const { client } = observe('headers', 'h2');
    bedrock.answerNext({
      events: [
        { event: 'messageStart', payload: { role: 'assistant' } },
        { event: 'messageStop', payload: { stopReason: 'end_turn' } },
      ],
      faults: { stallAfterEvents: 2 },
    });
    const response = await converseStream(client);
    for await (const event of response.stream ?? []) if (event.messageStop) break;
    // The reader has left, and the counts are still waited for.
    expect(receiptOf(response)).toBeUndefined();
    expect(await whenSettled(response)).toMatchObject({
      outcome: 'partial',
      properties: { 'system.stop_reason': 'end_turn' },
    });
  });
});

describe('a stream that ends badly', () => {
  it.each(rows)(
    'with an exception throws it as ever and is partial, $transport, route $route',
    async (row) => {
      const { client, receipts } = observe(row.route, row.transport);
      bedrock.answerNext({
        events: [
          { event: 'messageStart', payload: { role: 'assistant' } },
          { event: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: 'a' } } },
          { exception: 'throttlingException', payload: { message: 'slow down' } },
        ],
      });
      const response = await converseStream(client);
      await expect(readAll(response)).rejects.toMatchObject({ name: 'ThrottlingException' });
      expect(receipts).toHaveLength(1);
      expect(receipts[0]).toMatchObject({
        outcome: 'partial',
        properties: { 'system.failure': 'ThrottlingException' },
      });
    },
  );

  it.each(rows)('cut off between two events is partial, $transport, route $route', async (row) => {
    const { client, receipts } = observe(row.route, row.transport);
    bedrock.answerNext({ chunks: hundredPieces, faults: { dropAfterEvents: 5 } });
    const response = await converseStream(client);
    await readAll(response).catch(() => {});
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
    expect(receipts[0]?.units).toEqual({});
  });

  it.each(rows)('aborted by its caller is partial, $transport, route $route', async (row) => {
    const { client, receipts } = observe(row.route, row.transport);
    bedrock.answerNext({ chunks: endless, chunkDelayMs: 10 });
    const leave = new AbortController();
    const response = await converseStream(client, leave.signal);
    setTimeout(() => leave.abort(), 100);
    await readAll(response).catch(() => {});
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
  });
});

describe('a stream that nobody reads', () => {
  it('is settled when it is gone', async () => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
    const { client, receipts } = observe('headers', 'http/1.1');
    bedrock.answerNext({ chunks: endless, chunkDelayMs: 10 });
    await converseStream(client).then(() => {});
    await until(() => {
      globalThis.gc?.();
      return receipts.length > 0;
    });
    expect(receipts).toMatchObject([{ outcome: 'partial' }]);
    await until(() => bedrock.requests.at(-1)?.answered === 'aborted');
  });

  it('is not taken for gone while it is being read slowly', async () => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
    const { client, receipts } = observe('headers', 'http/1.1');
    bedrock.answerNext({ chunks: hundredPieces.slice(0, 10) });
    const streamOf = async () => (await converseStream(client)).stream ?? [];
    for await (const _ of await streamOf()) {
      globalThis.gc();
      await sleep(5);
    }
    expect(receipts).toMatchObject([{ outcome: 'complete' }]);
  });
});

describe('time to first token', () => {
  it.each(rows)('is that of the first content, $transport, route $route', async ({ transport, route }) => {
    const { client } = observe(route, transport);
    bedrock.answerNext({
      events: [
        { event: 'messageStart', payload: { role: 'assistant' } },
        { delayMs: 150, event: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: 'a' } } },
        { delayMs: 150, event: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: 'b' } } },
        { event: 'messageStop', payload: { stopReason: 'end_turn' } },
        {
          event: 'metadata',
          payload: { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 }, metrics: { latencyMs: 1 } },
        },
      ],
    });
    const receipt = await whenSettled(await readAll(await converseStream(client)));
    expect(receipt.timeToFirstTokenMs).toBeGreaterThanOrEqual(145);
    expect(receipt.timeToFirstTokenMs).toBeLessThan(receipt.endToEndMs);
    expect(receipt.endToEndMs).toBeGreaterThanOrEqual(290);
  });
});

async function readAll<Response extends { stream?: AsyncIterable<unknown> | undefined }>(
  response: Response,
): Promise<Response> {
  for await (const _ of response.stream ?? []);
  return response;
}
