import { GoogleGenAI } from '@google/genai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/collect.ts';
import { errorOf } from '../../test/error-of.ts';
import { type RunningGoogle, startGoogle } from '../start-google.ts';
import { type RunningPayi, startPayi } from './start-payi.ts';

const model = 'gemini-2.5-flash';
const contents = 'What is the capital of France?';
// gemini-2.5-flash: $0.30 in, $2.50 out per million tokens.
const usage = { inputTokens: 1000, outputTokens: 60, reasoningTokens: 40 };
const cost = {
  currency: 'usd',
  input: { base: 0.0003 },
  output: { base: 0.00025 },
  total: { base: 0.00055 },
};
const units = { text: { input: 1000, output: 60 }, reasoning: { output: 40 } };

let google: RunningGoogle;
let payi: RunningPayi;

beforeEach(async () => {
  google = await startGoogle();
  payi = await startPayi();
});

afterEach(() => Promise.all([payi.close(), google.close()]));

function connect(location: string, annotations: Record<string, string> = {}): GoogleGenAI {
  const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer token' }) };
  return new GoogleGenAI({
    vertexai: true,
    project: 'p',
    location,
    googleAuthOptions: { authClient: authClient as never },
    httpOptions: {
      baseUrl: `${payi.url}/api/v1/proxy/google.vertex`,
      headers: { 'xProxy-Api-Key': payi.apiKey, ...annotations },
    },
  });
}

function post(
  publisher: string,
  method: string,
  annotations: Record<string, string> = {},
): Promise<Response> {
  const path = `/v1/projects/p/locations/global/publishers/${publisher}/models/${method}`;
  return fetch(`${payi.url}/api/v1/proxy/google.vertex${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer token', 'xProxy-Api-Key': payi.apiKey, ...annotations },
    body: '{}',
  });
}

describe('startPayi() for Vertex AI', () => {
  it('meters an answer and adds the result to it', async () => {
    google.answerNext({ text: 'Paris.', usage });
    const response = await post('google', `${model}:generateContent`, { 'xProxy-User-ID': 'u-42' });
    expect(await response.json()).toMatchObject({
      xproxy_result: { cost, user_id: 'u-42', resource_id: `google.${model}` },
    });
    expect(payi.ledger).toMatchObject([
      {
        category: 'system.google.vertex',
        operation: 'generateContent',
        resource: `google.${model}`,
        units,
        cost,
        outcome: 'ok',
      },
    ]);
    const path = `/v1/projects/p/locations/global/publishers/google/models/${model}:generateContent`;
    expect(google.requests[0]).toMatchObject({ path, headers: { authorization: 'Bearer token' } });
    expect(google.requests[0]?.headers).not.toHaveProperty('xproxy-user-id');
  });

  it('meters a stream and puts the result into its last chunk', async () => {
    google.answerNext({ chunks: ['Pa', 'ris', '.'], usage });
    const stream = await connect('global').models.generateContentStream({ model, contents });
    const chunks = await collect(stream);
    expect(chunks.map(({ text }) => text)).toEqual(['Pa', 'ris', '.']);
    expect(payi.ledger).toMatchObject([{ operation: 'streamGenerateContent', units, cost, outcome: 'ok' }]);

    // Google's client leaves unknown members out.
    google.answerNext({ chunks: ['Pa', 'ris', '.'] });
    const response = await post('google', `${model}:streamGenerateContent?alt=sse`);
    const events = (await response.text()).split('\r\n\r\n').filter((event) => event !== '');
    expect(events.map((event) => event.includes('"xproxy_result":'))).toEqual([false, false, true]);
  });

  it('knows that a stream broke off', async () => {
    google.answerNext({ chunks: ['Pa', 'ris', '.'], faults: { dropAfterEvents: 1 } });
    const stream = await connect('global').models.generateContentStream({ model, contents });
    await errorOf(collect(stream));
    await expect.poll(() => payi.ledger).toMatchObject([{ outcome: 'failed' }]);
  });

  it.each([
    ['global', 'aiplatform.googleapis.com'],
    ['us-central1', 'us-central1-aiplatform.googleapis.com'],
    ['eu', 'aiplatform.eu.rep.googleapis.com'],
  ])('sends calls for the location %s to %s', async (location, host) => {
    await connect(location).models.generateContent({ model, contents });
    expect(google.requests[0]?.headers.host).toBe(host);
  });

  it('sends calls to the host that they name', async () => {
    const host = 'europe-west4-aiplatform.googleapis.com';
    const client = connect('global', { 'xProxy-Provider-BaseUri': `https://${host}` });
    await client.models.generateContent({ model, contents });
    expect(google.requests[0]?.headers.host).toBe(host);
  });

  it('refuses calls against a limit that is spent, before Google sees them', async () => {
    payi.setLimit({ id: 'empty', max: 0 });
    const client = connect('global', { 'xProxy-Limit-IDs': 'empty' });
    const error = await errorOf(client.models.generateContent({ model, contents }));
    expect(error.message).toContain('limit_reached');
    expect(google.requests).toEqual([]);
  });

  it("meters Anthropic's models, whole and streamed", async () => {
    const usage = { inputTokens: 12, outputTokens: 34 };
    for (const operation of ['rawPredict', 'streamRawPredict']) {
      google.answerNext({ text: 'Paris.', usage });
      const response = await post('anthropic', `claude-opus-4-5:${operation}`);
      expect(await response.text()).toContain('xproxy_result');
      expect(payi.ledger.at(-1)).toMatchObject({
        operation,
        resource: 'anthropic.claude-opus-4-5',
        units: { text: { input: 12, output: 34 } },
      });
    }
  });

  it('does not proxy other operations', async () => {
    const error = await errorOf(connect('global').models.countTokens({ model, contents }));
    expect(error).toMatchObject({ status: 404 });
  });
});
