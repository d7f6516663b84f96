import { GoogleGenAI } from '@google/genai';
import { createHeaders, receiptOf, whenSettled } from '@payi/core';
import { track } from '@payi/core/context';
import { describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { model, openStage, project, question, readAll } from './stage.ts';

const stage = openStage();
const usage = { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 2, reasoningTokens: 30 };
const units = {
  text: { input: 10, output: 2 },
  text_cache_read: { input: 4 },
  reasoning: { output: 30 },
};
const xproxy = (headers: object): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('xproxy-'));

describe.each(['gemini', 'vertex'] as const)('the client of %s', (name) => {
  it.each(['direct', 'headers'] as const)(
    'meters content, whole and streamed, on route %s',
    async (route) => {
      const { models } = stage[name]({ route });
      for (const isStream of [false, true]) {
        stage.google.answerNext({ ...(isStream ? { chunks: ['Pa', 'ris'] } : { text: 'Paris' }), usage });
        const config = { httpOptions: { headers: createHeaders({ userId: 'u-42' }) } };
        const answer = isStream
          ? await models.generateContentStream({ ...question, config })
          : await models.generateContent({ ...question, config });
        if (isStream) await readAll(answer as AsyncIterable<unknown>);
        expect(await whenSettled(answer)).toMatchObject({
          category: 'system.google.vertex',
          operation: isStream ? 'streamGenerateContent' : 'generateContent',
          resource: `google.${model}`,
          model,
          units,
          annotations: { userId: 'u-42' },
          outcome: 'complete',
          warnings: [],
        });
        const { headers = {} } = stage.requests().at(-1) ?? {};
        expect(xproxy(headers)).toEqual(route === 'headers' ? ['xproxy-user-id'] : []);
      }
      if (route === 'direct') {
        expect(stage.payi.ledger.at(-1)).toMatchObject({
          operation: 'ingest',
          resource: `google.${model}`,
          units,
        });
      }
      expect(stage.diagnostics).toEqual([]);
    },
  );

  it('meters a chat, and annotates it by its context', async () => {
    const chat = stage[name]({ route: 'direct' }).chats.create({ model });
    await track({ useCaseStep: 'greet' }, async () => {
      const answer = await chat.sendMessage({ message: 'Hello' });
      expect(receiptOf(answer)?.annotations).toEqual({ useCaseStep: 'greet' });
      const chunks = await readAll(await chat.sendMessageStream({ message: 'Hello again' }));
      expect(receiptOf(chunks.at(-1))).toMatchObject({ outcome: 'complete' });
    });
    await expect.poll(() => stage.receipts.length).toBe(2);
  });

  it('names the tools that a model calls', async () => {
    const { models } = stage[name]({ route: 'direct' });
    const toolCalls = [{ name: 'get_weather', arguments: { city: 'Bern' } }];
    stage.google.answerNext({ toolCalls });
    const answer = await models.generateContent(question);
    expect(answer.functionCalls).toEqual([{ name: 'get_weather', args: { city: 'Bern' } }]);
    expect(receiptOf(answer)?.toolCalls).toEqual(['get_weather']);
    stage.google.answerNext({ toolCalls });
    const stream = await models.generateContentStream(question);
    await readAll(stream);
    expect(receiptOf(stream)?.toolCalls).toEqual(['get_weather']);
  });

  it('takes each answer of automatic function calling for a call', async () => {
    const { models } = stage[name]({ route: 'direct' });
    stage.google.answerNext({ toolCalls: [{ name: 'get_weather', arguments: {} }] });
    stage.google.answerNext({ text: 'Sunny.' });
    const tool = {
      tool: async () => ({ functionDeclarations: [{ name: 'get_weather' }] }),
      callTool: async () => [{ functionResponse: { name: 'get_weather', response: { sky: 'clear' } } }],
    };
    const { text } = await models.generateContent({ ...question, config: { tools: [tool] } });
    expect(text).toBe('Sunny.');
    await expect.poll(() => stage.receipts.map(({ toolCalls }) => toolCalls)).toEqual([['get_weather'], []]);
  });

  it('does not meter what is not billed', async () => {
    const { models } = stage[name]({ route: 'direct' });
    const config = { httpOptions: { headers: createHeaders({ userId: 'u-42' }) } };
    expect(await models.countTokens({ ...question, config })).toMatchObject({ totalTokens: 8 });
    await models.get({ model, config }).catch(() => {});
    expect(stage.requests().flatMap(({ headers }) => xproxy(headers))).toEqual([]);
    expect(stage.receipts).toEqual([]);
  });

  it('meters pictures of Gemini', async () => {
    const { models } = stage[name]({ route: 'direct' });
    const drawn = await models.generateContent({ ...question, model: 'gemini-2.5-flash-image' });
    expect(receiptOf(drawn)?.units).toMatchObject({ image: { output: 1290 } });
  });
});

it('counts the pictures of Imagen', async () => {
  const { models } = stage.vertex({ route: 'direct' });
  const images = { model: 'imagen-4.0-generate-001', prompt: 'a cat', config: { numberOfImages: 2 } };
  expect((await models.generateImages(images)).generatedImages).toHaveLength(2);
  await expect.poll(() => stage.receipts.length).toBe(1);
  expect(stage.receipts[0]).toMatchObject({
    operation: 'predict',
    resource: 'google.imagen-4.0-generate-001',
    units: {},
    billable: { images: 2 },
    warnings: ['no count that Pay-i prices was found in the answer'],
  });
});

it('meters embeddings by each of their methods', async () => {
  const config = { outputDimensionality: 4 };
  const embed = { model: 'gemini-embedding-001', contents: ['one', 'two'], config };
  await stage.gemini({ route: 'direct' }).models.embedContent(embed);
  const { models } = stage.vertex({ route: 'direct' });
  await models.embedContent({ ...embed, contents: ['one'] });
  await models.embedContent({ ...embed, model: 'gemini-embedding-2', contents: 'one' });
  await expect
    .poll(() => stage.receipts.map(({ operation, units: { text } }) => [operation, text?.input]))
    .toEqual([
      ['batchEmbedContents', expect.any(Number)],
      ['predict', 1],
      ['embedContent', expect.any(Number)],
    ]);
});

describe('on route proxy', () => {
  it('sends content of Vertex AI to Pay-i, and embeddings to Google, with a warning', async () => {
    const { models } = stage.vertex();
    const answer = await models.generateContent(question);
    expect(receiptOf(answer)?.cost?.total).toBeGreaterThan(0);
    const path = `/v1beta1/projects/p/locations/us-central1/publishers/google/models/${model}:generateContent`;
    expect(stage.payi.requests.at(-1)).toMatchObject({
      path: `/api/v1/proxy/google.vertex${path}`,
      headers: { authorization: 'Bearer token', 'xproxy-provider-baseuri': stage.google.url },
    });
    expect(stage.requests().at(-1)).toMatchObject({ path, headers: { authorization: 'Bearer token' } });
    expect(stage.diagnostics).toEqual([]);
    const requests = stage.payi.requests.length;
    await models.embedContent({ model: 'gemini-embedding-001', contents: ['one'] });
    expect(stage.payi.requests).toHaveLength(requests);
    expect(stage.receipts.at(-1)?.warnings).toEqual([
      "Pay-i's proxy does not serve predict: the call went to the provider, unknown to Pay-i",
    ]);
  });

  it.each([
    ['the Gemini API', {}, /does not serve 127\.0\.0\.1:\d+: calls/],
    ['Vertex AI with a key', { vertexai: true }, /does not serve 127\.0\.0\.1:\d+ without a project: calls/],
  ])('says at once that Pay-i does not serve %s, and calls Google', async (_, options, message) => {
    const client = withPayi(new GoogleGenAI({ ...stage.google.clientConfig, ...options }), stage.create());
    expect(stage.diagnostics).toEqual([{ code: 'NOT_PROXIED', message: expect.stringMatching(message) }]);
    const requests = stage.payi.requests.length;
    const answer = await client.models.generateContent(question);
    expect(stage.payi.requests).toHaveLength(requests);
    expect(stage.requests()).toHaveLength(1);
    expect(receiptOf(answer)).toMatchObject({
      outcome: 'complete',
      warnings: [
        "Pay-i's proxy does not serve generateContent: the call went to the provider, unknown to Pay-i",
      ],
    });
  });

  it('leaves the address of a client that points at Pay-i by hand', async () => {
    const httpOptions = { baseUrl: `${stage.payi.url}/api/v1/proxy/google.vertex` };
    const { models } = withPayi(new GoogleGenAI({ ...project, httpOptions }), stage.create());
    await models.generateContent(question).catch(() => {});
    expect(stage.payi.requests.at(-1)?.path).toMatch(
      /^\/api\/v1\/proxy\/google\.vertex\/v1beta1\/projects\/p\//,
    );
    expect(stage.payi.requests.at(-1)?.headers).not.toHaveProperty('xproxy-provider-baseuri');
  });
});
