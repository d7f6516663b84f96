import { createPayi, type Receipt, type Route } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../../conformance/src/scripted-provider.ts';
import {
  anthropicStream,
  chatStream,
  converseStream,
  responseStream,
  type StreamFormat,
  wholeStream,
} from '../../conformance/src/stream-formats.ts';
import { type ProviderName, providers } from './lab.ts';

const servers = {
  openai: { host: 'api.openai.com', format: responseStream },
  'openai.chat': { host: 'api.openai.com', format: chatStream },
  anthropic: { host: 'api.anthropic.com', format: anthropicStream },
  bedrock: { host: 'bedrock-runtime.us-east-1.amazonaws.com', format: converseStream },
} as const satisfies Record<ProviderName, { host: string; format: StreamFormat }>;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
const routes: readonly Route[] = ['proxy', 'direct', 'headers'];

describe.each(Object.keys(servers) as ProviderName[])('streamText() of the AI SDK with %s', (provider) => {
  const { host, format } = servers[provider];
  let server: ScriptedProvider;
  let backend: RunningPayi;
  beforeAll(async () => {
    server = await startScriptedProvider(format.contentType);
    backend = await startPayi({ upstream: { [host]: server.url } });
  });
  afterAll(() => Promise.all([backend.close(), server.close()]));

  function open(route: Route) {
    const receipts: Receipt[] = [];
    const payi = createPayi({
      route,
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      delivery: { offline: () => {} },
      onReceipt: (receipt) => receipts.push(receipt),
    });
    const url = route === 'proxy' ? undefined : server.url;
    return { model: providers[provider].model({ url, credentials, payi }), receipts };
  }

  it.each(routes)('shows each event when it comes, route %s', async (route) => {
    const { model, receipts } = open(route);
    let seen = '';
    const pieces = ['one ', 'two ', 'three'];
    const first = format.opening.length;
    /** Sends each piece after the caller has seen the one before the last: Pay-i's proxy holds one event back. */
    const pace = async (index: number): Promise<void> => {
      const due = pieces.slice(0, Math.max(0, index - first - 1)).join('');
      await expect.poll(() => seen.startsWith(due)).toBe(true);
    };
    server.answerNext({ events: wholeStream(format, pieces), pace, ending: 'end' });
    for await (const piece of streamText({ model, prompt: 'Hello' }).textStream) seen += piece;
    expect(seen).toBe('one two three');
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]).toMatchObject({ outcome: 'complete', units: format.units, warnings: [] });
  });

  it.each(routes)('closes the connection when its caller aborts, route %s', async (route) => {
    const { model, receipts } = open(route);
    const events = [...format.opening, format.text('one '), format.text('two ')];
    server.answerNext({ events, ending: 'stall' });
    const caller = new AbortController();
    const { textStream } = streamText({ model, prompt: 'Hello', abortSignal: caller.signal });
    const read = async (): Promise<void> => {
      for await (const _ of textStream) caller.abort();
    };
    await read().catch(() => {});
    await expect.poll(() => server.streams.at(-1)?.ended).toBe('aborted');
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]).toMatchObject({ outcome: 'partial', units: format.earlyUnits });
  });

  it.each(routes)('closes the connection when the model’s stream is left, route %s', async (route) => {
    const { model, receipts } = open(route);
    const events = [...format.opening, format.text('one '), format.text('two ')];
    server.answerNext({ events, ending: 'stall' });
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }];
    const { stream } = await model.doStream({ prompt });
    for await (const part of stream) if (part.type === 'text-delta') break;
    await expect.poll(() => server.streams.at(-1)?.ended).toBe('aborted');
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]).toMatchObject({ outcome: 'partial', units: format.earlyUnits });
  });

  it('reports what the provider says in the middle of it', async () => {
    const { model, receipts } = open('direct');
    const events = [...format.opening, format.text('one '), format.error.event];
    server.answerNext({ events, ending: 'end' });
    let error: unknown;
    const { textStream } = streamText({
      model,
      prompt: 'Hello',
      onError: (event) => {
        error = event.error;
      },
    });
    for await (const _ of textStream);
    expect(error).toBeDefined();
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]?.outcome).toBe('partial');
    expect(receipts[0]?.properties['system.failure']).toMatch(format.error.failure);
  });
});
