import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createVertex } from '@ai-sdk/google-vertex';
import { GoogleGenAI } from '@google/genai';
import { createHeaders, isLimitReached, receiptOf } from '@payi/core';
import { track } from '@payi/core/context';
import { embed, generateText, streamText } from 'ai';
import { describe, expect, it } from 'vitest';
import { payiClientOptions } from '../src/index.ts';
import { errorOf, model, openStage, project, question, readAll } from './stage.ts';

const stage = openStage();
const direct = { route: 'direct' } as const;

describe("Google's SDK with payiClientOptions()", () => {
  const connect = (options: object, to = {}): GoogleGenAI =>
    new GoogleGenAI({ ...options, httpOptions: { ...to, ...payiClientOptions(stage.create()) } });

  it('sends content of Vertex AI to Pay-i', async () => {
    const { models } = connect(project, { baseUrl: stage.google.url });
    const answer = await models.generateContent(question);
    expect(receiptOf(answer)?.cost?.total).toBeGreaterThan(0);
    const chunks = await readAll(await models.generateContentStream(question));
    expect(receiptOf(chunks[0])?.cost?.total).toBeGreaterThan(0);
  });

  it('knows a blocked call by its error', async () => {
    const { models } = connect(project, { baseUrl: stage.google.url });
    const headers = createHeaders({ limitIds: ['spent'] });
    const error = await errorOf(
      models.generateContent({ ...question, config: { httpOptions: { headers } } }),
    );
    expect(isLimitReached(error)).toBe(true);
    expect(receiptOf(error)).toMatchObject({ outcome: 'blocked' });
  });

  it('sends without the time limits of `fetch`, as without Pay-i; other clients keep them', async () => {
    const key = Symbol.for('undici.globalDispatcher.1');
    const global = globalThis as unknown as Record<
      symbol,
      { dispatch(options: object, handler: object): boolean }
    >;
    const given = global[key] as (typeof global)[symbol];
    const limits: unknown[] = [];
    global[key] = {
      dispatch(options, handler) {
        const { headersTimeout, bodyTimeout } = options as Record<string, unknown>;
        limits.push([headersTimeout, bodyTimeout]);
        return given.dispatch(options, handler);
      },
    };
    try {
      const plain = new GoogleGenAI(stage.google.clientConfig);
      await plain.models.generateContent(question);
      await connect({ apiKey: 'k' }, stage.google.clientConfig.httpOptions).models.generateContent(question);
      await stage.gemini(direct).models.generateContent(question);
      expect(limits).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
      ]);
      await payiClientOptions(stage.create(direct)).fetch(`${stage.google.url}/v1beta/models`);
      expect(limits.at(-1)).not.toEqual([0, 0]);
    } finally {
      global[key] = given;
    }
  });

  it('uses the `fetch` that it is given', async () => {
    let calls = 0;
    const fetch: typeof globalThis.fetch = (...call) => {
      calls += 1;
      return globalThis.fetch(...call);
    };
    const options = payiClientOptions({ ...stage.create(direct), fetch });
    const client = new GoogleGenAI({
      apiKey: 'k',
      httpOptions: { ...stage.google.clientConfig.httpOptions, ...options },
    });
    await client.models.generateContent(question);
    expect(calls).toBe(1);
    expect(payiClientOptions({ fetch: options.fetch, ...stage.create(direct) }).fetch).toBe(options.fetch);
  });

  it('reads a stream that comes as one list', async () => {
    const { fetch } = payiClientOptions(stage.create(direct));
    stage.google.answerNext({ chunks: ['Pa', 'ris'], usage: { inputTokens: 10, outputTokens: 2 } });
    const answer = await fetch(`${stage.google.url}/v1beta/models/${model}:streamGenerateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': stage.google.apiKey },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }] }),
    });
    await answer.json();
    expect(receiptOf(answer)).toMatchObject({
      outcome: 'complete',
      units: { text: { input: 10, output: 2 } },
    });
  });
});

describe('the AI SDK with payiClientOptions()', () => {
  const gemini = () =>
    createGoogleGenerativeAI({
      apiKey: stage.google.apiKey,
      baseURL: `${stage.google.url}/v1beta`,
      ...payiClientOptions(stage.create(direct)),
    });
  const vertex = () =>
    createVertex({
      project: 'p',
      location: 'us-central1',
      baseURL: `${stage.google.url}/v1beta1/projects/p/locations/us-central1/publishers/google`,
      googleAuthOptions: project.googleAuthOptions as never,
      ...payiClientOptions(stage.create()),
    });
  const usage = { inputTokens: 10, outputTokens: 2 };
  const units = { text: { input: 10, output: 2 } };

  it.each([
    ['the Gemini API', () => gemini()(model)],
    ['Vertex AI, through Pay-i', () => vertex()(model)],
  ])('meters %s, whole and streamed', async (_, create) => {
    await track({ userId: 'u-42' }, async () => {
      stage.google.answerNext({ text: 'Paris', usage });
      expect((await generateText({ model: create(), prompt: 'Hi' })).text).toBe('Paris');
      stage.google.answerNext({ chunks: ['Pa', 'ris'], usage });
      expect(await streamText({ model: create(), prompt: 'Hi' }).text).toBe('Paris');
    });
    await expect
      .poll(() => stage.receipts)
      .toMatchObject([
        { operation: 'generateContent', outcome: 'complete', units, annotations: { userId: 'u-42' } },
        { operation: 'streamGenerateContent', outcome: 'complete', units, annotations: { userId: 'u-42' } },
      ]);
    if (create().provider.includes('vertex')) {
      expect(stage.receipts.map(({ cost }) => cost?.total)).toEqual([expect.any(Number), expect.any(Number)]);
    }
  });

  it('meters embeddings', async () => {
    const { embedding } = await embed({
      model: gemini().textEmbeddingModel('gemini-embedding-001'),
      value: 'one',
    });
    expect(embedding.length).toBeGreaterThan(0);
    await expect
      .poll(() => stage.receipts)
      .toMatchObject([{ operation: 'embedContent', outcome: 'complete' }]);
  });

  it('knows a blocked call by its error', async () => {
    const error = await errorOf(
      track({ limitIds: ['spent'] }, () => generateText({ model: vertex()(model), prompt: 'Hi' })),
    );
    expect(isLimitReached(error)).toBe(true);
    expect(stage.requests()).toEqual([]);
  });
});
