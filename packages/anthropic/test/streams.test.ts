import { type Receipt, receiptOf, whenSettled } from '@payi/core';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

function connect({ platform, version, route }: Row): { client: MessagesClient; receipts: Receipt[] } {
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
  return observe(client as unknown as MessagesClient, route, backend);
}

/** What the provider does next, on either platform. */
function answer(
  { platform }: Row,
  pieces: readonly string[],
  script: { readonly eventDelayMs?: number; readonly usage?: Record<string, number> } = {},
): void {
  const { eventDelayMs, usage } = script;
  const { input_tokens: inputTokens = 12, output_tokens: outputTokens = 34 } = usage ?? {};
  if (platform === 'Anthropic') {
    provider.answerNext({
      events: eventsOf(pieces, { input_tokens: inputTokens, output_tokens: outputTokens }),
      ...(eventDelayMs !== undefined && { eventDelayMs }),
    });
  } else {
    aws.answerNext({
      chunks: [...pieces],
      usage: { inputTokens, outputTokens },
      ...(eventDelayMs !== undefined && { chunkDelayMs: eventDelayMs }),
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
const _eventsWritten = ({ platform }: Row): number =>
  platform === 'Anthropic' ? provider.last().eventsWritten : (aws.requests.at(-1)?.eventsWritten ?? 0);

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

  it.each(rows)('aborted by its controller is partial: $platform, $version, route $route', async (row) => {
    const { client, receipts } = connect(row);
    answer(row, endless, { eventDelayMs: 10 });
    const stream = await open(row, client);
    setTimeout(() => stream.controller.abort(), 100);
    await collect(stream).catch(() => {});
    expect(await whenSettled(stream)).toMatchObject({ outcome: 'partial' });
    expect(receipts).toHaveLength(1);
    await until(() => ended(row) === 'aborted');
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
    answer(row, ['Hello', ' there'], { usage: { input_tokens: 12, output_tokens: 345 } });
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
    answer(newest, endless, { eventDelayMs: 10 });
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
