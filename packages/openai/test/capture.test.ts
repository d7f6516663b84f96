import { createPayi, type Payi } from '@payi/core';
import { track } from '@payi/core/context';
import { type RunningPayi, startPayi } from '@payi/testkit';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { completion } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';

const secret = 's3cret-s3cret-s3cret-s3cret';

let provider: Provider;
let backend: RunningPayi;
let payi: Payi;
beforeAll(async () => {
  provider = await startProvider();
  backend = await startPayi();
});
afterAll(() => Promise.all([provider.close(), backend.close()]));
beforeEach(() => {
  payi = createPayi({
    route: 'direct',
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    capture: true,
    delivery: { intervalMs: 1 },
    onDiagnostic: () => {},
  });
  provider.answerWith({ json: completion });
});
afterEach(() => payi.close());

const client = (): OpenAI =>
  withPayi(new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1` }), { payi });

async function ask(headers: Record<string, string>, content = 'Hello'): Promise<void> {
  const messages = [{ role: 'user' as const, content }];
  await client().chat.completions.create({ model: 'gpt-4o', messages }, { headers });
}

/** The last event that Pay-i got, as text. */
async function event(): Promise<string> {
  expect(await payi.flush()).toBe(true);
  const request = backend.requests.findLast(({ path }) => path.includes('/ingest'));
  return String(request?.body);
}

describe('capture', () => {
  it.each(['True', 'true', 'TRUE', 'yes', '1'])(
    'is off for a call with xProxy-Logging-Disable: %s',
    async (value) => {
      await ask({ 'xProxy-Logging-Disable': value });
      expect(await event()).not.toMatch(/_json|_headers/);
    },
  );

  it.each(['False', 'false', ''])('is on for a call with xProxy-Logging-Disable: "%s"', async (value) => {
    await ask({ 'xProxy-Logging-Disable': value });
    expect(await event()).toContain('provider_request_json');
  });

  it('stays off where the headers that say so are too large together', async () => {
    const long = 'x'.repeat(6500);
    await ask({ 'xProxy-Logging-Disable': 'True', 'xProxy-Forward-A': long, 'xProxy-Forward-B': long });
    expect(await event()).not.toMatch(/_json|_headers/);
  });

  it('stays off where the context says so and a header cannot be read', async () => {
    await track({ logPromptAndResponse: false }, () => ask({ 'xProxy-UseCase-Version': 'three' }));
    expect(await event()).not.toMatch(/_json|_headers/);
  });

  it('tells no credential of the MCP servers that a request names', async () => {
    provider.answerWith({ json: { id: 'resp_1', object: 'response', output: [] } });
    await client().responses.create({
      model: 'gpt-4o',
      input: [
        {
          role: 'user',
          content: [
            {
              type: 'input_image',
              detail: 'auto',
              image_url: `https://b.s3.amazonaws.com/a.png?X-Amz-Signature=${secret}`,
            },
          ],
        },
      ],
      tools: [
        {
          type: 'mcp',
          server_label: 'shop',
          server_url: 'https://shop.example/mcp',
          authorization: secret,
          headers: { 'X-Api-Key': secret },
        },
      ],
    });
    expect(provider.requests.at(-1)?.body.match(/(?:s3cret-?){4}/g)).toHaveLength(3);
    const text = await event();
    expect(text).toContain('shop.example');
    expect(text).not.toContain('s3cret');
  });
});
