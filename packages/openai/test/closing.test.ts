import { setTimeout as sleep } from 'node:timers/promises';
import { createPayi } from '@payi/core';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { chatEvents, responseEvents } from './answers.ts';
import { type Answer, type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const chat = {
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content: 'Hello' }],
  stream: true as const,
};

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const pieces = Array.from({ length: 20 }, (_, index) => `piece ${index} `);

interface Ending {
  readonly answer: Answer;
  /** @param isSettled - Whether the call has its receipt. */
  run(client: OpenAI, isSettled: () => boolean): Promise<unknown>;
}

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

const asap = Promise.resolve();
let release = (): void => {};
let gone = asap;

const chatAnswer: Answer = { events: chatEvents(pieces, true), delayMs: 2 };
const endings: Readonly<Record<string, Ending>> = {
  'a chat stream is read to its end': {
    answer: chatAnswer,
    run: async (client) => readAll(await client.chat.completions.create(chat)),
  },
  'a response stream is read to its end': {
    answer: { events: responseEvents(pieces), delayMs: 2 },
    run: async (client) =>
      readAll(await client.responses.create({ model: 'gpt-4o', input: 'Hello', stream: true })),
  },
  'a raw body is cancelled in the middle': {
    answer: chatAnswer,
    async run(client) {
      const { body } = await client.chat.completions.create(chat).asResponse();
      const reader = body?.getReader();
      await reader?.read();
      await Promise.race([reader?.cancel(), sleep(50)]);
    },
  },
  'nobody reads it': {
    // The rest comes when the stream is gone.
    answer: { events: chatEvents(pieces, true), pace: (index) => (index === 5 ? gone : asap) },
    async run(client, isSettled) {
      gone = new Promise((resolve) => {
        release = resolve;
      });
      await client.chat.completions.create(chat).then(() => {});
      await until(() => {
        globalThis.gc?.();
        return isSettled();
      });
      release();
    },
  },
};

/** What a `fetch` of the application keeps of the answer, for its log or its cache. */
const copies: Readonly<Record<string, (response: Response) => [Response, Promise<string>]>> = {
  clone: (response) => [response, response.clone().text()],
  tee(response) {
    const [mine, theirs] = (response.body as ReadableStream).tee();
    return [new Response(theirs, response), new Response(mine).text()];
  },
};

describe.each(sdkNames)('with %s', (sdk) => {
  const { OpenAI } = sdks[sdk] as (typeof sdks)[string];

  describe.each(Object.entries(copies))('a %s that a fetch keeps of an answer', (_, copy) => {
    it.each(Object.entries(endings))('is whole after %s', async (_name, { answer, run }) => {
      const kept: Promise<string>[] = [];
      const fetch: typeof globalThis.fetch = async (url, init) => {
        const [response, text] = copy(await globalThis.fetch(url, init));
        kept.push(text.catch((error: Error) => `broken: ${error.name}`));
        return response;
      };
      provider.answerWith(answer);
      const bare = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, fetch, maxRetries: 0 });
      await run(bare, () => true);
      const receipts: unknown[] = [];
      const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
      await run(withPayi(bare, { payi }), () => receipts.length === 1);
      const [without, withUs] = await Promise.all(kept);
      expect(without).not.toContain('broken');
      expect(withUs).toBe(without);
      await until(() => receipts.length === 1);
    });
  });

  it('an abort that follows a cancelled body closes the connection', async () => {
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await globalThis.fetch(url, init);
      // Holds the other half open.
      void response
        .clone()
        .text()
        .catch(() => {});
      return response;
    };
    provider.answerWith({ events: chatEvents(pieces, true).slice(0, 3), stall: true });
    const payi = createPayi({ route: 'headers' });
    const bare = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, fetch, maxRetries: 0 });
    const caller = new AbortController();
    const call = withPayi(bare, { payi }).chat.completions.create(chat, { signal: caller.signal });
    const { body } = await call.asResponse();
    const reader = body?.getReader();
    await reader?.read();
    void reader?.cancel();
    await sleep(0);
    expect(provider.requests[0]?.answered).toBe('pending');
    caller.abort();
    await until(() => provider.requests[0]?.answered === 'aborted');
  });
});
