import type { BytesAnswer } from '../bedrock-answer.ts';
import { countTokens } from '../count-tokens.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { embeddingVector } from '../model-families/embedding-vector.ts';
import { promptTexts } from '../prompt-text.ts';
import type { SseAnswer } from '../provider-answer.ts';
import { randomId } from '../random-id.ts';
import { anthropicReply } from './anthropic.ts';
import { picture } from './picture.ts';
import type { Provider, ProviderOperation, ProviderReply } from './provider.ts';

/**
 * Gemini API and Vertex AI. Both have the same operations behind different paths; Vertex AI states a little more.
 *
 * @see https://ai.google.dev/api/generate-content
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
export const google: Provider = {
  hosts: /^(?:generativelanguage|(?:[\w-]+-)?aiplatform)(?:\.\w+\.rep)?\.googleapis\.com$/,
  newId: () => randomId('', 16),
  lineEnd: '\r\n',
  readKey: ({ headers, query }) =>
    headers['x-goog-api-key'] ?? headers.authorization ?? new URLSearchParams(query).get('key') ?? undefined,
  renderError: ({ status, type = statusNames[status] ?? 'UNKNOWN', message }) => ({
    error: { code: status, message, status: type },
  }),
  operations: [
    modelMethod('generateContent', (reply) => ({ json: lastChunk(reply, content(reply)) })),
    modelMethod('streamGenerateContent', streamContent),
    modelMethod('embedContent', (reply) => ({
      json: { embedding: embedding(reply.json, reply.json), usageMetadata: promptCount(reply) },
    })),
    modelMethod('batchEmbedContents', (reply) => ({
      json: {
        embeddings: objectsIn(reply.json.requests).map((request) => embedding(request, request)),
        usageMetadata: promptCount(reply),
      },
    })),
    modelMethod('countTokens', ({ usage }) => ({
      json: { totalTokens: usage.inputTokens, promptTokensDetails: textTokens(usage.inputTokens) },
    })),
    modelMethod('predict', ({ json, model }) => ({
      json: {
        predictions: objectsIn(json.instances).flatMap((instance) => predictions(model, instance, json)),
      },
    })),
    modelMethod('rawPredict', anthropicReply),
    modelMethod('streamRawPredict', (reply) =>
      anthropicReply({ ...reply, json: { ...reply.json, stream: true } }),
    ),
    {
      name: 'models',
      method: 'GET',
      path: /^\/v1\w*\/models$/,
      answer: () => ({ json: { models: [describeModel('gemini-2.5-flash')] } }),
    },
    {
      name: 'models',
      method: 'GET',
      path: /^\/v1\w*\/models\/(?<model>[^/:]+)$/,
      answer: ({ model }) => ({ json: describeModel(model) }),
    },
  ],
};

/** An operation at `models/{model}:{name}`, of the Gemini API, of a project of Vertex AI, or of Vertex AI with a key. */
function modelMethod(name: string, answer: ProviderOperation['answer']): ProviderOperation {
  return {
    name,
    path: new RegExp(
      `^/v1\\w*/(?:(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/)?(?:models|tunedModels)/(?<model>[^/]+):${name}$`,
    ),
    answer,
  };
}

function isVertex({ request }: ProviderReply): boolean {
  return request.path.includes('/publishers/');
}

function streamContent(reply: ProviderReply): SseAnswer | BytesAnswer {
  const [last, ...earlier] = splitContent(reply).reverse();
  const head = chunk(reply, isVertex(reply) ? { trafficType } : promptCount(reply));
  const chunks = [
    ...earlier.reverse().map((parts) => ({ ...head, candidates: [candidate(parts)] })),
    lastChunk(reply, last ?? []),
  ];
  const isSse = new URLSearchParams(reply.request.query).get('alt') === 'sse';
  if (isSse) return { events: chunks.map((data) => ({ data })) };
  // Without `alt=sse`, the stream is one JSON array.
  return { bytes: Buffer.from(JSON.stringify(chunks)), contentType: 'application/json; charset=UTF-8' };
}

/** The answer as a whole, or the chunk that ends a stream. */
function lastChunk(reply: ProviderReply, parts: readonly JsonObject[]): JsonObject {
  const { usage, stopReason = 'STOP' } = reply;
  const { outputTokens, reasoningTokens, cacheReadInputTokens } = usage;
  const prompt = promptCount(reply);
  const drawn = drawsPicture(reply) ? pictureTokens : 0;
  const usageMetadata = {
    ...prompt,
    candidatesTokenCount: outputTokens + drawn,
    ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: prompt.promptTokenCount + outputTokens + drawn + reasoningTokens,
    ...(cacheReadInputTokens > 0 && {
      cachedContentTokenCount: cacheReadInputTokens,
      cacheTokensDetails: textTokens(cacheReadInputTokens),
    }),
    ...((drawn > 0 || isVertex(reply)) && {
      candidatesTokensDetails: [
        ...textTokens(outputTokens),
        ...(drawn > 0 ? [{ modality: 'IMAGE', tokenCount: drawn }] : []),
      ],
    }),
    ...(isVertex(reply) && { trafficType }),
  };
  return { ...chunk(reply, usageMetadata), candidates: [{ ...candidate(parts), finishReason: stopReason }] };
}

const trafficType = 'ON_DEMAND';

/** Image models, such as `gemini-2.5-flash-image`, add a picture to their text. */
function drawsPicture({ model }: ProviderReply): boolean {
  return model.includes('-image');
}

/** @see https://ai.google.dev/gemini-api/docs/pricing#gemini-2.5-flash-image */
const pictureTokens = 1290;

function chunk(reply: ProviderReply, usageMetadata: JsonObject): JsonObject {
  return {
    candidates: [],
    usageMetadata,
    modelVersion: reply.model,
    ...(isVertex(reply) && { createTime: reply.request.receivedAt.toISOString() }),
    // All chunks of an answer have the same id.
    responseId: reply.request.requestId,
  };
}

function candidate(parts: readonly JsonObject[]): JsonObject {
  return { content: { parts, role: 'model' }, index: 0 };
}

/** Google includes cached tokens in the tokens of the prompt. */
function promptCount({ usage }: Pick<ProviderReply, 'usage'>) {
  const promptTokenCount = usage.inputTokens + usage.cacheReadInputTokens;
  return {
    promptTokenCount,
    totalTokenCount: promptTokenCount,
    promptTokensDetails: textTokens(promptTokenCount),
  };
}

function textTokens(tokenCount: number): JsonObject[] {
  return [{ modality: 'TEXT', tokenCount }];
}

/** The parts of each chunk: one piece of text, or everything else together. */
function splitContent(reply: ProviderReply): JsonObject[][] {
  const rest: JsonObject[] = reply.toolCalls.map(({ name, arguments: args }) => ({
    functionCall: { name, args },
  }));
  if (drawsPicture(reply)) rest.push({ inlineData: { mimeType: 'image/png', data: picture } });
  return [...reply.pieces.map((text) => [{ text }]), ...(rest.length > 0 ? [rest] : [])];
}

function content(reply: ProviderReply): JsonObject[] {
  const pieces = reply.text === '' ? [] : [reply.text];
  return splitContent({ ...reply, pieces }).flat();
}

function embedding(
  content: JsonObject,
  { outputDimensionality, embedContentConfig }: JsonObject,
): JsonObject {
  const { outputDimensionality: configured } = isJsonObject(embedContentConfig) ? embedContentConfig : {};
  const dimensions = Number(outputDimensionality ?? configured ?? defaultDimensions);
  return { values: embeddingVector(promptTexts(content).join(''), dimensions) };
}

/** Of `gemini-embedding-001`. */
const defaultDimensions = 3072;

/** Embeddings of a text model of Vertex AI, or the pictures of Imagen. */
function predictions(model: string, instance: JsonObject, { parameters }: JsonObject): JsonObject[] {
  const { sampleCount, outputDimensionality } = isJsonObject(parameters) ? parameters : {};
  if (!model.includes('embedding')) {
    const image = { mimeType: 'image/png', bytesBase64Encoded: picture };
    return Array.from({ length: Number(sampleCount ?? 1) }, () => image);
  }
  const text = promptTexts(instance).join('');
  const { values } = embedding(instance, { outputDimensionality });
  return [{ embeddings: { values, statistics: { token_count: countTokens(text), truncated: false } } }];
}

function objectsIn(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function describeModel(model: string): JsonObject {
  return {
    name: `models/${model}`,
    version: '001',
    displayName: model,
    inputTokenLimit: 1048576,
    outputTokenLimit: 65536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}

const statusNames: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
