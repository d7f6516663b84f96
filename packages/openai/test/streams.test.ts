import { setTimeout as sleep } from 'node:timers/promises';
import { createPayi, type Receipt, receiptOf, whenSettled } from '@payi/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTimers } from '../../../internal/testing/clock.ts';
import { type WithPayiOptions, withPayi } from '../src/index.ts';
import {
  chatEvents,
  done,
  endless,
  hundredPieces,
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
/** How long the counts are waited for after a reader left at the stop of the model. */
const closingTimeMs = 1000;

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

  it('stops the server when its reader leaves', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(endless, true), delayMs: 10 });
    const stream = await chat(client);
    let events = 0;
    for await (const _ of stream) {
      events += 1;
      if (events === 3) break;
    }
    await until(() => provider.requests[0]?.answered === 'aborted');
    expect(provider.requests[0]?.eventsWritten).toBeLessThan(100);
    expect(receipts).toEqual([receiptOf(stream)]);
    expect(receipts[0]).toMatchObject({
      outcome: 'partial',
      units: {},
      usageSource: 'none',
      warnings: ['the caller left the stream before its end'],
    });
  });

  it('by throw or return gives its reader his own error or value', async () => {
    for (const way of ['throw', 'return']) {
      const { client, receipts } = observe(sdk);
      provider.answerWith({ events: chatEvents(hundredPieces, true), delayMs: 5 });
      const read = async (): Promise<string> => {
        for await (const _ of await chat(client)) {
          if (way === 'throw') throw new Error('mine');
          return 'mine';
        }
        return 'read to the end';
      };
      if (way === 'throw') await expect(read()).rejects.toThrow('mine');
      else expect(await read()).toBe('mine');
      await until(() => receipts.length > 0);
      expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
    }
  });

  it('loses no counts when its reader leaves at the stop of the model', async () => {
    const { client, receipts } = observe(sdk);
    holdTimers(closingTimeMs);
    provider.answerWith({ events: chatEvents(['Hello'], true), delayMs: 20 });
    for await (const { choices } of await chat(client)) if (choices[0]?.finish_reason === 'stop') break;
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'complete', units }]);
  });

  it('does not wait for ever for counts that do not come', async () => {
    const { client, receipts } = observe(sdk);
    const closingTime = holdTimers(closingTimeMs);
    provider.answerWith({ events: [roleChunk, textChunk('a'), stopChunk], stall: true });
    for await (const { choices } of await chat(client)) if (choices[0]?.finish_reason === 'stop') break;
    expect(receipts).toEqual([]);
    await until(() => {
      closingTime.pass();
      return receipts.length > 0;
    });
    expect(receipts).toMatchObject([{ outcome: 'partial', properties: { 'system.stop_reason': 'stop' } }]);
    await until(() => provider.requests[0]?.answered === 'aborted');
  });

  it('is read to its end under onAbandon drain', async () => {
    const { client, receipts } = observe(sdk, { onAbandon: 'drain' });
    provider.answerWith({ events: chatEvents(hundredPieces, true) });
    for await (const _ of await chat(client)) break;
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'complete', units }]);
    expect(provider.requests[0]?.answered).toBe('complete');
  });

  it('is read on within bounds, then closed', async () => {
    for (const onAbandon of [{ drainEvents: 5 }, { drainMs: 60 }]) {
      const { client, receipts } = observe(sdk, { onAbandon });
      provider.answerWith({ events: chatEvents(endless, true), delayMs: 10 });
      const stream = await chat(client);
      for await (const _ of stream) break;
      expect(receiptOf(stream)).toBeUndefined();
      expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
      await until(() => provider.requests[0]?.answered === 'aborted');
      expect(provider.requests[0]?.eventsWritten).toBeLessThan(100);
      expect(receipts).toHaveLength(1);
    }
  });

  it.each(['close', 'drain'] as const)(
    'ends at once when its caller aborts, onAbandon %s',
    async (onAbandon) => {
      const { client, receipts } = observe(sdk, { onAbandon });
      provider.answerWith({ events: chatEvents(['a', 'b'], true).slice(0, 3), stall: true });
      const caller = new AbortController();
      const stream = await chat(client, caller.signal);
      setTimeout(() => caller.abort(), 100);
      // The provider sends nothing more, and does not end.
      await collect(stream).catch(() => {});
      if (onAbandon === 'close') {
        await until(() => receipts.length > 0);
        expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
        await until(() => provider.requests[0]?.answered === 'aborted');
      } else {
        expect(receipts).toEqual([]);
        await provider.close();
        provider = await startProvider();
        await until(() => receipts.length > 0);
      }
    },
  );

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

  it('cut off between two events is partial', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(hundredPieces, true).slice(0, 6), drop: true, delayMs: 2 });
    await collect(await chat(client)).catch(() => {});
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['partial']);
  });

  it('that ends without [DONE] and without counts says so', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(['a'], false).slice(0, -1) });
    await collect(await chat(client));
    expect(receipts).toMatchObject([
      { outcome: 'partial', usageSource: 'none', warnings: ['the stream ended without its closing event'] },
    ]);
  });

  it('that nobody reads is settled when it is gone', async () => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(endless, true), delayMs: 10 });
    await chat(client).then(() => {});
    await until(() => {
      globalThis.gc?.();
      return receipts.length > 0;
    });
    expect(receipts).toMatchObject([{ outcome: 'partial' }]);
    await until(() => provider.requests[0]?.answered === 'aborted');
  });

  it('is not taken for gone while it is being read slowly', async () => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
    const { client, receipts } = observe(sdk);
    provider.answerWith({ events: chatEvents(hundredPieces.slice(0, 10), true), delayMs: 5 });
    const open = async () => (await chat(client))[Symbol.asyncIterator]();
    const iterator = await open();
    while ((await iterator.next()).done !== true) {
      globalThis.gc();
      await sleep(5);
    }
    expect(receipts).toMatchObject([{ outcome: 'complete' }]);
  });

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

  it('does not hold its first event back', async () => {
    const { client, receipts } = observe(sdk);
    const events = chatEvents(['a', 'b'], true);
    const written: (number | undefined)[] = [];
    // Each event that the caller sees is written when he has all before it. He does not see the counts.
    const pace = (index: number) => until(() => written.length === Math.min(index, 4));
    provider.answerWith({ events, pace });
    for await (const _ of await chat(client)) {
      await sleep(50);
      written.push(provider.requests[0]?.eventsWritten);
    }
    expect(written).toEqual([1, 2, 3, 4]);
    const { timeToFirstTokenMs, endToEndMs = 0 } = receipts[0] ?? {};
    // The first event has no content. Timers may fire up to a millisecond early.
    expect(timeToFirstTokenMs).toBeGreaterThanOrEqual(49);
    expect(timeToFirstTokenMs).toBeLessThan(endToEndMs);
    expect(endToEndMs).toBeGreaterThanOrEqual(4 * 49);
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
