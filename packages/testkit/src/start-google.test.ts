import { ApiError, GoogleGenAI } from '@google/genai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../test/collect.ts';
import { errorOf } from '../test/error-of.ts';
import { type RunningGoogle, startGoogle } from './start-google.ts';

let google: RunningGoogle;
let client: GoogleGenAI;
/** Vertex AI of a project. With an address of its own, the client does not look for Google's credentials. */
let vertex: GoogleGenAI;

beforeEach(async () => {
  google = await startGoogle();
  client = new GoogleGenAI(google.clientConfig);
  vertex = new GoogleGenAI({ ...google.clientConfig, vertexai: true });
});

afterEach(() => google.close());

const model = 'gemini-2.5-flash';
const contents = 'What is the capital of France?';

describe('startGoogle()', () => {
  it('quotes the question, and counts a token for every four characters', async () => {
    const answer = await client.models.generateContent({ model, contents });
    expect(answer.text).toBe('This is a local answer to: What is the capital of France?');
    expect(answer.modelVersion).toBe(model);
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    expect(answer.usageMetadata).toEqual({
      promptTokenCount: 8,
      candidatesTokenCount: 15,
      totalTokenCount: 23,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
    });
    expect(google.requests[0]).toMatchObject({
      operation: 'generateContent',
      model,
      path: '/v1/models/gemini-2.5-flash:generateContent',
      json: { contents: [{ role: 'user', parts: [{ text: contents }] }] },
      status: 200,
      answered: 'complete',
    });
  });

  it('gives each answer an id of its own', async () => {
    const ids = new Set<string | undefined>();
    for (let call = 0; call < 3; call += 1) {
      ids.add((await client.models.generateContent({ model, contents })).responseId);
    }
    expect(ids.size).toBe(3);
  });

  it('streams the pieces of a script, with the counts in the last chunk', async () => {
    google.answerNext({
      chunks: ['Paris', '.'],
      usage: { inputTokens: 10, cacheReadInputTokens: 4, outputTokens: 2, reasoningTokens: 30 },
    });
    const chunks = await collect(await client.models.generateContentStream({ model, contents }));
    expect(chunks.map(({ text }) => text)).toEqual(['Paris', '.']);
    expect(new Set(chunks.map(({ responseId }) => responseId)).size).toBe(1);
    expect(chunks[0]?.usageMetadata?.candidatesTokenCount).toBeUndefined();
    expect(chunks[1]?.usageMetadata).toMatchObject({
      promptTokenCount: 14,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 30,
      totalTokenCount: 46,
    });
    expect(google.requests[0]).toMatchObject({ operation: 'streamGenerateContent', eventsWritten: 2 });
  });

  it('answers as Vertex AI at its paths', async () => {
    const answer = await vertex.models.generateContent({ model, contents });
    expect(answer.usageMetadata?.trafficType).toBe('ON_DEMAND');
    expect(answer.createTime).toBe(google.requests[0]?.receivedAt.toISOString());
    const chunks = await collect(await vertex.models.generateContentStream({ model, contents }));
    expect(chunks[0]?.usageMetadata).toEqual({ trafficType: 'ON_DEMAND' });
    expect(google.requests[0]?.path).toBe(`/v1beta1/publishers/google/models/${model}:generateContent`);

    const ofProject = `/v1/projects/p/locations/us-central1/publishers/google/models/${model}:generateContent`;
    const { status } = await post(ofProject);
    expect(status).toBe(200);
    expect(google.requests.at(-1)).toMatchObject({ operation: 'generateContent', model });
  });

  it('calls tools as the script says', async () => {
    const args = { city: 'Bern' };
    google.answerNext({ toolCalls: [{ name: 'get_weather', arguments: args }] });
    const { functionCalls } = await client.models.generateContent({ model, contents });
    expect(functionCalls).toEqual([{ name: 'get_weather', args }]);
  });

  it('embeds', async () => {
    const config = { outputDimensionality: 4 };
    const embedding = { model: 'gemini-embedding-001', contents: ['one', 'two'], config };
    const { embeddings } = await client.models.embedContent(embedding);
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([4, 4]);
    expect(embeddings?.[0]?.values).not.toEqual(embeddings?.[1]?.values);
    expect(google.requests[0]?.operation).toBe('batchEmbedContents');

    const onVertex = await vertex.models.embedContent({ ...embedding, contents: ['one'] });
    expect(onVertex.embeddings?.[0]).toMatchObject({
      values: embeddings?.[0]?.values,
      statistics: { tokenCount: 1, truncated: false },
    });
    const newer = await vertex.models.embedContent({
      ...embedding,
      model: 'gemini-embedding-2',
      contents: 'one',
    });
    expect(newer.embeddings?.[0]?.values).toEqual(embeddings?.[0]?.values);
    expect(google.requests.map(({ operation }) => operation)).toEqual([
      'batchEmbedContents',
      'predict',
      'embedContent',
    ]);
  });

  it('counts tokens, and draws pictures', async () => {
    expect((await client.models.countTokens({ model, contents })).totalTokens).toBe(8);
    const { generatedImages } = await vertex.models.generateImages({
      model: 'imagen-4.0-generate-001',
      prompt: 'a dot',
      config: { numberOfImages: 2 },
    });
    expect(generatedImages?.map(({ image }) => image?.mimeType)).toEqual(['image/png', 'image/png']);
  });

  it('adds a picture to the text of an image model', async () => {
    google.answerNext({ text: 'A dot.', usage: { outputTokens: 2 } });
    const answer = await client.models.generateContent({ model: 'gemini-2.5-flash-image', contents });
    expect(answer.candidates?.[0]?.content?.parts?.[1]?.inlineData?.mimeType).toBe('image/png');
    expect(answer.usageMetadata).toMatchObject({
      candidatesTokenCount: 1292,
      candidatesTokensDetails: [
        { modality: 'TEXT', tokenCount: 2 },
        { modality: 'IMAGE', tokenCount: 1290 },
      ],
    });
  });

  it('sends errors in the form of Google', async () => {
    google.answerNext({ error: { status: 429, message: 'Slow down.' } });
    const error = await errorOf(client.models.generateContent({ model, contents }));
    expect(error).toBeInstanceOf(ApiError);
    expect(JSON.parse(error.message)).toEqual({
      error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' },
    });
  });

  it('breaks a stream off where the script says', async () => {
    google.answerNext({ chunks: ['a', 'b', 'c'], faults: { dropAfterEvents: 2 } });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const { text } of await client.models.generateContentStream({ model, contents }))
        seen.push(text);
    })();
    await errorOf(reading);
    expect(seen).toEqual(['a', 'b']);
    expect(google.requests[0]?.answered).toBe('aborted');
  });

  it('sends the JSON array of a stream without alt=sse', async () => {
    google.answerNext({ chunks: ['a', 'b'] });
    const response = await post(`/v1beta/models/${model}:streamGenerateContent`);
    expect(await response.json()).toHaveLength(2);
  });

  it("answers Anthropic's models on Vertex AI", async () => {
    const path = '/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:';
    const whole = await post(`${path}rawPredict`);
    expect(await whole.json()).toMatchObject({ type: 'message', model: 'claude-sonnet-4-5@20250929' });
    const streamed = await post(`${path}streamRawPredict`);
    expect(await streamed.text()).toContain('event: message_stop');
  });

  it('refuses calls without a key', async () => {
    const response = await post(`/v1beta/models/${model}:generateContent`, {});
    expect(response.status).toBe(401);
  });
});

function post(
  path: string,
  headers: Record<string, string> = { authorization: 'Bearer token' },
): Promise<Response> {
  return fetch(`${google.url}${path}`, { method: 'POST', headers, body: '{}' });
}
