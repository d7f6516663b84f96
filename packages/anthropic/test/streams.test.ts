import { setTimeout as sleep } from 'node:timers/promises';
import { type Receipt, receiptOf, whenSettled } from '@payi/core';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTimers } from '../../../internal/testing/clock.ts';
import type { AnthropicPayiOptions } from '../src/index.ts';
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
import { eventsOf, type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

const hundredPieces = Array.from({ length: 100 }, (_, index) => `piece ${index} `);
/** With a hundredth of a second between its pieces it takes a minute. */
const endless: readonly string[] = Array(6000).fill('more ');
const routes = ['proxy', 'headers'] as const;
const platforms = ['Anthropic', 'AnthropicBedrock'] as const;

let provider: RunningAnthropic;
let aws: RunningBedrock;
let backend: RunningPayi;

beforeAll(async () => {
  provider = await startAnthropic();
  aws = await startBedrock();
  backend = await startPayi({ upstream: { 'api.anthropic.com': provider.url, [awsHost]: aws.url } });
});
afterAll(() => Promise.all([backend.close(), provider.close(), aws.close()]));

const rows = platforms.flatMap((platform) =>
  versionNames.flatMap((version) => routes.map((route) => ({ platform, version, route }))),
);
type Row = (typeof rows)[number];
const newest: Row = { platform: 'Anthropic', version: 'newest', route: 'headers' };

function connect(
  { platform, version, route }: Row,
  options: Omit<AnthropicPayiOptions, 'payi'> = {},
): { client: MessagesClient; receipts: Receipt[] } {
  const { Anthropic, AnthropicBedrock } = versions[version];
  const maxRetries = 0;
  const client =
    platform === 'Anthropic'
      ? new Anthropic({ maxRetries, apiKey: 'k', ...(route === 'headers' && { baseURL: provider.url }) })
      : route === 'headers'
        ? new AnthropicBedrock({
            maxRetries,
            awsRegion: 'us-east-1',
            apiKey: aws.bearerToken,
            baseURL: aws.url,
          })
        : new AnthropicBedrock({ maxRetries, ...awsOptions(aws) });
  return observe(client as unknown as MessagesClient, route, backend, options);
}

/** What the provider does next, on either platform. */
function answer(
  { platform }: Row,
  script: {
    pieces?: readonly string[];
    eventDelayMs?: number;
    dropAfterEvents?: number;
    usage?: Record<string, number>;
  } = {},
): void {
  const { pieces = hundredPieces, eventDelayMs, dropAfterEvents, usage } = script;
  const { input_tokens: inputTokens = 12, output_tokens: outputTokens = 34 } = usage ?? {};
  if (platform === 'Anthropic') {
    provider.answerNext({
      events: eventsOf(pieces, { input_tokens: inputTokens, output_tokens: outputTokens }),
      ...(eventDelayMs !== undefined && { eventDelayMs }),
      ...(dropAfterEvents !== undefined && { dropAfterEvents }),
    });
  } else {
    aws.answerNext({
      chunks: [...pieces],
      usage: { inputTokens, outputTokens },
      ...(eventDelayMs !== undefined && { chunkDelayMs: eventDelayMs }),
      ...(dropAfterEvents !== undefined && { faults: { dropAfterEvents } }),
    });
  }
}

const params = ({ platform }: Row) => ({
  ...question,
  ...(platform === 'AnthropicBedrock' && { model: bedrockModel }),
});
const open = (row: Row, client: MessagesClient, signal?: AbortSignal) =>
  client.messages.create({ ...params(row), stream: true }, { signal });
const ended = ({ platform }: Row): string =>
  platform === 'Anthropic' ? provider.last().ended : (aws.requests.at(-1)?.answered ?? 'pending');
const eventsWritten = ({ platform }: Row): number =>
  platform === 'Anthropic' ? provider.last().eventsWritten : (aws.requests.at(-1)?.eventsWritten ?? 0);

describe('a stream whose reader leaves early', () => {
  it.each(rows)('stops the server: $platform, $version, route $route', async (row) => {
    const { client, receipts } = connect(row);
    answer(row, { pieces: endless, eventDelayMs: 10 });
    const stream = await open(row, client);
    let events = 0;
    for await (const _ of stream) {
      events += 1;
      if (events === 4) break;
    }
    const receipt = await whenSettled(stream);
    expect(receipt).toMatchObject({
      outcome: 'partial',
      warnings: ['the caller left the stream before its end'],
    });
    expect(receipts).toEqual([receipt]);
    await until(() => ended(row) === 'aborted');
    expect(eventsWritten(row)).toBeLessThan(100);
    // The client is as good as before.
    answer(row, { pieces: ['a'] });
    await collect(await open(row, client));
    expect(receipts[1]).toMatchObject({ outcome: 'complete' });
  });

  it('keeps every counter that had arrived', async () => {
    const { client } = connect(newest);
    provider.answerNext({
      eventDelayMs: 2,
      events: eventsOf(hundredPieces, {
        input_tokens: 12,
        cache_read_input_tokens: 1000,
        cache_creation_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 80 },
        output_tokens: 345,
      }),
    });
    const stream = await open(newest, client);
    for await (const _ of stream) break;
    expect(await whenSettled(stream)).toMatchObject({
      outcome: 'partial',
      usageSource: 'stream',
      units: {
        text: { input: 12 },
        text_cache_read: { input: 1000 },
        text_cache_write: { input: 20 },
        text_cache_write_1h: { input: 80 },
      },
    });
  });

  it.each(rows)(
    'when the model has stopped loses no counts: $platform, $version, route $route',
    async (row) => {
      const { client, receipts } = connect(row);
      // How long the counts are waited for: they come.
      holdTimers(1000);
      answer(row, { pieces: ['a', 'b'], eventDelayMs: 5, usage: { input_tokens: 12, output_tokens: 345 } });
      const stream = await open(row, client);
      for await (const event of stream) if (event.type === 'message_delta') break;
      const receipt = await whenSettled(stream);
      expect(receipt).toMatchObject({
        outcome: 'complete',
        units: { text: { input: 12, output: 345 } },
        properties: { 'system.stop_reason': 'end_turn' },
        warnings: [],
      });
      expect(receipts).toEqual([receipt]);
      if (row.route === 'proxy') expect(receipt.cost?.total).toBeGreaterThan(0);
    },
  );

  it.each(['throw', 'return'] as const)(
    'by %s gets its own error or value and leaves one record',
    async (way) => {
      const { client, receipts } = connect(newest);
      answer(newest, { eventDelayMs: 5 });
      const read = async (): Promise<string> => {
        for await (const _ of await open(newest, client)) {
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
    'is counted in full under onAbandon drain: $platform, $version, route $route',
    async (row) => {
      const { client, receipts } = connect(row, { onAbandon: 'drain' });
      answer(row, { usage: { input_tokens: 12, output_tokens: 345 } });
      const stream = await open(row, client);
      for await (const _ of stream) break;
      const receipt = await whenSettled(stream);
      expect(receipt).toMatchObject({ outcome: 'complete', units: { text: { input: 12, output: 345 } } });
      expect(receipts).toEqual([receipt]);
      await until(() => ended(row) === 'complete');
    },
  );

  it('is read on within bounds, then closed', async () => {
    for (const onAbandon of [{ drainEvents: 5 }, { drainMs: 60 }]) {
      const { client } = connect(newest, { onAbandon });
      answer(newest, { pieces: endless, eventDelayMs: 10 });
      const stream = await open(newest, client);
      for await (const _ of stream) break;
      expect(receiptOf(stream)).toBeUndefined();
      expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
      await until(() => ended(newest) === 'aborted');
      expect(eventsWritten(newest)).toBeLessThan(100);
    }
  });
});

describe('a stream that ends badly', () => {
  it.each(versionNames)('with an error event throws it as ever and is partial, %s', async (version) => {
    const { client, receipts } = connect({ ...newest, version });
    provider.answerNext({
      events: [
        ...eventsOf(['a']).slice(0, 4),
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      ],
    });
    const stream = await open({ ...newest, version }, client);
    const error = await errorOf(collect(stream));
    expect(error.error).toMatchObject({ error: { type: 'overloaded_error' } });
    const receipt = await whenSettled(error);
    expect(receipt).toMatchObject({
      outcome: 'partial',
      units: { text: { input: 12 } },
      properties: { 'system.failure': 'overloaded_error' },
    });
    expect(receipts).toEqual([receipt]);
    expect(receiptOf(stream)).toBe(receipt);
  });

  it.each(rows)('cut off between two events is partial: $platform, $version, route $route', async (row) => {
    const { client, receipts } = connect(row);
    answer(row, { dropAfterEvents: 6, eventDelayMs: 2 });
    const stream = await open(row, client);
    await collect(stream).catch(() => {});
    expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
    expect(receipts).toHaveLength(1);
  });

  it.each(rows)('aborted by its caller is partial: $platform, $version, route $route', async (row) => {
    for (const way of ['signal', 'controller'] as const) {
      const { client, receipts } = connect(row);
      answer(row, { pieces: endless, eventDelayMs: 10 });
      const leave = new AbortController();
      const stream = await open(row, client, leave.signal);
      setTimeout(() => (way === 'signal' ? leave : stream.controller).abort(), 100);
      await collect(stream).catch(() => {});
      expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
      expect(receipts).toHaveLength(1);
      await until(() => ended(row) === 'aborted');
    }
  });
});

describe('a stream that nobody reads', () => {
  const collectGarbage = (): void => {
    if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
    globalThis.gc();
  };

  it.each(platforms)('is settled when it is gone, %s', async (platform) => {
    const row = { ...newest, platform };
    const { client, receipts } = connect(row);
    answer(row, { pieces: endless, eventDelayMs: 10 });
    await open(row, client).then(() => {});
    await until(() => {
      collectGarbage();
      return receipts.length > 0;
    });
    expect(receipts).toMatchObject([{ outcome: 'partial' }]);
    await until(() => ended(row) === 'aborted');
  });

  it('is not taken for gone while it is being read slowly', async () => {
    const { client, receipts } = connect(newest);
    answer(newest, { pieces: hundredPieces.slice(0, 10) });
    for await (const _ of await open(newest, client)) {
      collectGarbage();
      await sleep(5);
    }
    expect(receipts).toMatchObject([{ outcome: 'complete' }]);
  });
});

describe('time to first token', () => {
  it.each(routes)('is that of the first content, route %s', async (route) => {
    const row: Row = { ...newest, route };
    const { client } = connect(row);
    const events = eventsOf(['a', 'b']);
    provider.answerNext({ events: events.filter(({ type }) => type !== 'ping'), eventDelayMs: 60 });
    const stream = await open(row, client);
    await collect(stream);
    const receipt = await whenSettled(stream);
    // message_start, content_block_start, the first delta.
    expect(receipt.timeToFirstTokenMs).toBeGreaterThanOrEqual(170);
    expect(receipt.timeToFirstTokenMs).toBeLessThan(receipt.endToEndMs);
    expect(receipt.endToEndMs).toBeGreaterThanOrEqual(400);
  });
});

describe('messages.stream()', () => {
  const ways: Record<string, (stream: ReturnType<MessagesClient['messages']['stream']>) => Promise<unknown>> =
    {
      iterated: (stream) => collect(stream),
      'asked for its message': (stream) => stream.finalMessage(),
      'iterated, then asked for its message': async (stream) => {
        await collect(stream);
        return stream.finalMessage();
      },
      'heard by event handlers': (stream) => {
        stream.on('text', () => {}).on('streamEvent', () => {});
        return stream.done();
      },
      'read by two at once': (stream) =>
        Promise.all([stream.finalText(), stream.finalMessage(), stream.done()]),
    };
  const cells = platforms.flatMap((platform) =>
    versionNames.flatMap((version: Version) =>
      routes.flatMap((route) => Object.keys(ways).map((way) => ({ platform, version, route, way }))),
    ),
  );

  it.each(cells)('leaves one receipt $way: $platform, $version, route $route', async ({ way, ...row }) => {
    const { client, receipts } = connect(row);
    answer(row, { pieces: ['Hello', ' there'], usage: { input_tokens: 12, output_tokens: 345 } });
    const stream = client.messages.stream(params(row));
    await ways[way]?.(stream);
    const receipt = await whenSettled(stream);
    expect(receipt).toMatchObject({ outcome: 'complete', units: { text: { input: 12, output: 345 } } });
    expect(receipts).toEqual([receipt]);
    const { response } = await stream.withResponse();
    expect(receiptOf(response)).toBe(receipt);
  });

  it('is partial when aborted', async () => {
    const { client, receipts } = connect(newest);
    answer(newest, { pieces: endless, eventDelayMs: 10 });
    const stream = client.messages.stream(question);
    stream.on('text', () => stream.abort());
    await expect(stream.done()).rejects.toThrow('aborted');
    expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
    expect(receipts).toHaveLength(1);
  });

  it('does not see an event of Pay-i’s own', async () => {
    const row: Row = { ...newest, route: 'proxy' };
    const { client } = connect(row);
    const events = eventsOf(['a']);
    events.splice(3, 0, { type: 'xproxy_result', xproxy_result: { request_id: 'r-1', limits: {} } });
    provider.answerNext({ events });
    const stream = await open(row, client);
    expect((await collect(stream)).map(({ type }) => type)).not.toContain('xproxy_result');
  });
});
