import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPayi, type DeliveryOptions, type Payi } from '@payi/core';
import { ndjsonFile } from '@payi/core/journal';
import { type RunningPayi, startPayi } from '@payi/testkit';
import type OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { completion, done, roleChunk, stopChunk, textChunk, usage } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';

const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'What is new?' }] };

let provider: Provider;
let backend: RunningPayi;
let payi: Payi;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());
beforeEach(async () => {
  backend = await startPayi();
});
afterEach(async () => {
  await payi.close({ timeoutMs: 10 });
  await backend.close();
});

describe.each(sdkNames)('capture of the calls of %s', (sdk) => {
  function connect(delivery: DeliveryOptions = {}): OpenAI {
    payi = createPayi({
      route: 'direct',
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      capture: true,
      onDiagnostic: (diagnostic) => expect.fail(JSON.stringify(diagnostic)),
      delivery: { intervalMs: 1, ...delivery },
    });
    const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
    return withPayi(new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1` }), { payi });
  }

  /** The event of the only call. */
  async function event(): Promise<Record<string, unknown>> {
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    expect(backend.ledger).toHaveLength(1);
    const request = backend.requests.find(({ path }) => path.includes('/ingest'));
    return JSON.parse(String(request?.body))[0];
  }

  it('has the fields of a form, and no file', async () => {
    const client = connect();
    provider.answerWith({ json: { created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }], usage } });
    const image = new File([new Uint8Array([137, 80, 78, 71])], 'otter.png', { type: 'image/png' });
    await client.images.edit({ model: 'gpt-image-1', prompt: 'A hat on the otter', image });
    const { provider_request_json, provider_response_json } = await event();
    expect(JSON.parse(String(provider_request_json))).toEqual({
      model: 'gpt-image-1',
      prompt: 'A hat on the otter',
      image: '<not_instrumented>',
    });
    expect(JSON.parse(String(provider_response_json))).toMatchObject({
      data: [{ b64_json: '<not_instrumented>' }],
    });
    // The provider got all of it.
    expect(provider.requests[0]?.body).toContain('otter.png');
  });

  it.each<[string, (answer: Response) => Promise<unknown>]>([
    ['json', (answer) => answer.json()],
    ['text', (answer) => answer.text()],
    ['arrayBuffer', (answer) => answer.arrayBuffer()],
    ['blob', (answer) => answer.blob().then((blob) => blob.text())],
    ['a clone', (answer) => answer.clone().json()],
    ['the stream of its body', (answer) => new Response(answer.body).text()],
  ])('has the answer that its caller reads as %s', async (_, read) => {
    const client = connect();
    provider.answerWith({ json: completion });
    await read(await client.chat.completions.create(body).asResponse());
    const { provider_request_json, provider_response_json } = await event();
    expect(JSON.parse(String(provider_request_json))).toEqual(body);
    expect(JSON.parse(String(provider_response_json))).toEqual(completion);
  });

  it('has the events of a helper, and none that only the caller’s helper made', async () => {
    const client = connect();
    provider.answerWith({ events: [roleChunk, textChunk('Grüße, '), textChunk('世界'), stopChunk, done] });
    const stream = client.chat.completions.stream(body);
    expect(await stream.finalContent()).toBe('Grüße, 世界');
    const events = ((await event()).provider_response_json as string[]).map((json) => JSON.parse(json));
    expect(events).toHaveLength(4);
    expect(events[2].choices[0].delta.content).toBe('世界');
  });

  it('is in a file of events, too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'payi-capture-'));
    const path = join(directory, 'events.ndjson');
    const client = connect({ offline: ndjsonFile(path) });
    provider.answerWith({ json: completion });
    await client.chat.completions.create(body);
    await payi.flush({ timeoutMs: Infinity });
    const line = JSON.parse(readFileSync(path, 'utf8'));
    rmSync(directory, { recursive: true });
    expect(JSON.parse(line.provider_request_json)).toEqual(body);
    expect(JSON.parse(line.provider_response_json)).toEqual(completion);
  });
});
