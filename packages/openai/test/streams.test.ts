import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPayi, type Receipt, receiptOf } from '@payi/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WithPayiOptions, withPayi } from '../src/index.ts';
import {
  chatEvents,
  done,
  endless,
  responseEvents,
  roleChunk,
  stopChunk,
  textChunk,
  units,
  usage,
  usageChunk,
} from './answers.ts';
import { type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'Tell me a story' }];

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

function observe(sdk: string, options: WithPayiOptions = {}): { client: OpenAI; receipts: Receipt[] } {
  const receipts: Receipt[] = [];
  const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
  const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
  const plain = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  return { client: withPayi(plain, { payi, ...options }), receipts };
}

const chat = (client: OpenAI, signal?: AbortSignal) =>
  client.chat.completions.create({ model, messages, stream: true }, signal && { signal });

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe.each(sdkNames)('a chat stream of %s', (sdk) => {
  it('is counted although its caller did not ask for usage, who sees no trace of it', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(['Hel', 'lo'], true) });
    const body = { model, messages, stream: true, stream_options: { include_obfuscation: false } } as const;
    const before = structuredClone(body);
    const stream = await client.chat.completions.create(body);
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices.length)).toEqual([1, 1, 1, 1]);
    expect(body).toEqual(before);
    expect(JSON.parse(provider.requests[0]?.body ?? '')).toEqual({
      ...before,
      stream_options: { include_obfuscation: false, include_usage: true },
    });
    expect(receipts).toEqual([receiptOf(stream)]);
    expect(receipts[0]).toMatchObject({
      outcome: 'complete',
      operation: 'chat/completions',
      resource: model,
      units,
      usageSource: 'stream',
      providerResponseId: 'chatcmpl-1',
      warnings: [],
    });
  });

  it.each(['', 'application/octet-stream', 'text/plain; charset=utf-8'])(
    'is one, with no trace of the usage, whatever the server calls it: "%s"',
    async (type) => {
      const { client, receipts } = observe(sdk);
      provider.answerWith({ events: chatEvents(['Hello'], true), headers: { 'content-type': type } });
      const chunks = await collect(await chat(client));
      expect(chunks.map(({ choices }) => choices.length)).toEqual([1, 1, 1]);
      expect(receipts).toMatchObject([{ outcome: 'complete', units, warnings: [] }]);
    },
  );

  it('shows the usage to a caller who asked for it', async () => {
    const { client } = observe(sdk);
    provider.answerWith({ events: chatEvents(['Hello'], true) });
    const stream_options = { include_usage: true };
    const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options });
    expect((await collect(stream)).at(-1)).toMatchObject({ choices: [], usage });
  });

  it('is counted by the last of many counts, and no chunk with content is hidden', async () => {
    const { client, receipts } = observe(sdk);
    const soFar = (completion_tokens: number) => ({ usage: { prompt_tokens: 9, completion_tokens } });
    provider.answerWith({
      events: [
        roleChunk,
        textChunk('a', soFar(1)),
        textChunk('b', soFar(2)),
        textChunk('c', soFar(3)),
        stopChunk,
        done,
      ],
    });
    const chunks = await collect(await chat(client));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content)).toEqual(['', 'a', 'b', 'c', undefined]);
    expect(receipts[0]).toMatchObject({ outcome: 'complete', units: { text: { input: 9, output: 3 } } });
  });

  it('that its caller aborts ends at once under onAbandon drain, and is read on', async () => {
    const { client, receipts } = observe(sdk, { onAbandon: 'drain' });
    provider.answerWith({ events: chatEvents(['a', 'b'], true).slice(0, 3), stall: true });
    const caller = new AbortController();
    const stream = await chat(client, caller.signal);
    await until(() => provider.requests[0]?.eventsWritten === 3);
    caller.abort();
    // The provider sends nothing more, and does not end.
    await collect(stream).catch(() => {});
    expect(receipts).toEqual([]);
    await provider.close();
    provider = await startProvider();
    await until(() => receipts.length > 0);
  });

  it('with an error event throws it as ever and is partial', async () => {
    const { client, receipts } = observe(sdk);
    const error = { message: 'slow down, you said: secret', type: 'server_error', code: 'rate_limited' };
    provider.answerWith({
      events: [roleChunk, textChunk('a'), `data: ${JSON.stringify({ error })}\n\n`],
      stall: true,
    });
    await expect(collect(await chat(client))).rejects.toMatchObject({ code: 'rate_limited' });
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([
      { outcome: 'partial', properties: { 'system.failure': 'rate_limited' }, warnings: [] },
    ]);
    expect(JSON.stringify(receipts)).not.toContain('secret');
  });

  it('that ends without [DONE] and without counts says so', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(['a'], false).slice(0, -1) });
    await collect(await chat(client));
    expect(receipts).toMatchObject([
      { outcome: 'partial', usageSource: 'none', warnings: ['the stream ended without its closing event'] },
    ]);
  });

  it.each(['to its end', 'until its reader leaves'])(
    'of a `fetch` whose bodies are streams of Node.js is counted %s',
    async (how) => {
      const receipts: Receipt[] = [];
      const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
      const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
      const fetch = (async (url: string, init?: RequestInit) => {
        const { ok, status, headers, body } = await globalThis.fetch(url, init);
        return { ok, status, headers, url, statusText: 'OK', body: Readable.fromWeb(body as never) };
      }) as never;
      provider.answerWith({ events: chatEvents(['Hel', 'lo'], true), delayMs: 5 });
      const plain = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, fetch });
      const read: unknown[] = [];
      for await (const { choices } of await chat(withPayi(plain, { payi }))) {
        read.push(choices[0]?.delta.content);
        if (how !== 'to its end' && read.length === 2) break;
      }
      expect(read.slice(0, 2)).toEqual(['', 'Hel']);
      await until(() => receipts.length > 0);
      expect(receipts).toMatchObject(
        how === 'to its end' ? [{ outcome: 'complete', units }] : [{ outcome: 'partial' }],
      );
    },
  );

  it('keeps back-pressure', async () => {
    const { client } = observe(sdk);
    const large = Array.from({ length: 50_000 }, () => 'x'.repeat(1000));
    provider.answerWith({ events: chatEvents(large, true) });
    let events = 0;
    for await (const _ of await chat(client)) {
      events += 1;
      if (events < 10) continue;
      await sleep(300);
      break;
    }
    expect(provider.requests[0]?.eventsWritten).toBeLessThan(20_000);
  });

  it('is the same wherever its bytes are cut', async () => {
    const text = chatEvents(['Grüße, ', '世界', ' 🙂'], true).join('').replaceAll('\n', '\r\n');
    const bytes = Buffer.from(`\uFEFF: comment\r\n\r\n${text}`);
    for (const size of [1, 7, 64]) {
      const receipts: Receipt[] = [];
      const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
      const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
      const fetch = async (): Promise<Response> => {
        let offset = 0;
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            if (offset >= bytes.length) controller.close();
            else controller.enqueue(new Uint8Array(bytes.subarray(offset, offset + size)));
            offset += size;
          },
        });
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      };
      const plain = new OpenAI({ apiKey: 'sk-test', fetch });
      const chunks = await collect(await chat(withPayi(plain, { payi })));
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Grüße, 世界 🙂');
      expect(chunks).toHaveLength(5);
      expect(receipts).toMatchObject([{ outcome: 'complete', units }]);
    }
  });
});

describe.each(sdkNames)('a response stream of %s', (sdk) => {
  it('is counted by its closing event', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: responseEvents(['Hel', 'lo']) });
    const stream = await client.responses.create({ model, input: 'hello', stream: true });
    expect((await collect(stream)).map(({ type }) => type)).toEqual([
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.completed',
    ]);
    expect(receiptOf(stream)).toMatchObject({ outcome: 'complete', units, providerResponseId: 'resp_1' });
    expect(receipts).toHaveLength(1);
  });

  it('left by its reader is partial', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: responseEvents(endless), delayMs: 10 });
    for await (const event of await client.responses.create({ model, input: 'hello', stream: true })) {
      if (event.type === 'response.output_text.delta') break;
    }
    await until(() => provider.requests[0]?.answered === 'aborted');
    expect(receipts).toMatchObject([{ outcome: 'partial', providerResponseId: 'resp_1' }]);
  });
});

it('leaves the usage chunk alone where it cannot be told from content', async () => {
  const { client } = observe(sdkNames[0] as string);
  const filtered = usageChunk.replace(
    '"choices":[]',
    '"choices":[{"index":0,"delta":{"content":"end"},"finish_reason":"stop"}]',
  );
  provider.answerWith({ events: [roleChunk, filtered, done] });
  const chunks = await collect(await chat(client));
  expect(chunks.at(-1)?.choices[0]?.delta.content).toBe('end');
});
