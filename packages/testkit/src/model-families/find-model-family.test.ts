import {
  BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { type RunningBedrock, startBedrock } from '../start-bedrock.ts';

let bedrock: RunningBedrock;
let client: BedrockRuntimeClient;

beforeAll(async () => {
  // 12 tokens in, 3 tokens out, in two pieces.
  bedrock = await startBedrock({
    answer: () => ({ chunks: ['Paris is', ' big'], usage: { inputTokens: 12 } }),
  });
  client = new BedrockRuntimeClient(bedrock.clientConfig);
});

afterAll(async () => {
  client.destroy();
  await bedrock.close();
});

async function invoke(modelId: string, request: object): Promise<JsonObject> {
  const output = await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(request) }));
  return JSON.parse(output.body.transformToString());
}

async function stream(modelId: string, request: object): Promise<JsonObject[]> {
  const command = new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(request) });
  const chunks: JsonObject[] = [];
  for await (const event of (await client.send(command)).body ?? []) {
    chunks.push(JSON.parse(Buffer.from(event.chunk?.bytes ?? []).toString()));
  }
  return chunks;
}

const messages = [{ role: 'user', content: 'How big is Paris?' }];
const prompt = 'How big is Paris?';

const metrics = {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: 12,
    outputTokenCount: 3,
    invocationLatency: expect.any(Number),
    firstByteLatency: expect.any(Number),
  },
};

const anthropicMessage = {
  id: expect.stringMatching(/^msg_bdrk_/),
  type: 'message',
  role: 'assistant',
  stop_sequence: null,
};
const anthropicInput = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
};
const novaUsage = {
  inputTokens: 12,
  outputTokens: 3,
  totalTokens: 15,
  cacheReadInputTokenCount: 0,
  cacheWriteInputTokenCount: 0,
};
const openaiUsage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
const openaiChunk = (choice: object) => ({
  id: expect.stringMatching(/^chatcmpl-testkit-\d+$/),
  object: 'chat.completion.chunk',
  created: 0,
  model: expect.any(String),
  choices: [{ index: 0, finish_reason: null, ...choice }],
});
const cohereBody = {
  response_id: expect.any(String),
  generation_id: expect.any(String),
  text: 'Paris is big',
  chat_history: [
    { role: 'USER', message: prompt },
    { role: 'CHATBOT', message: 'Paris is big' },
  ],
  finish_reason: 'COMPLETE',
};

interface Format {
  modelIds: string[];
  request: object;
  body: object;
  chunks: object[];
}

/** Bodies and chunks as the providers document them; Bedrock's metrics are expected on the last chunk of each. */
const formats: Record<string, Format> = {
  'Claude text completions': {
    modelIds: ['anthropic.claude-v2:1', 'anthropic.claude-instant-v1'],
    request: { prompt: `\n\nHuman: ${prompt}\n\nAssistant:`, max_tokens_to_sample: 50 },
    body: {
      type: 'completion',
      completion: 'Paris is big',
      stop_reason: 'stop_sequence',
      stop: '\n\nHuman:',
    },
    chunks: [
      { type: 'completion', completion: 'Paris is', stop_reason: null, stop: null },
      { type: 'completion', completion: ' big', stop_reason: null, stop: null },
      { type: 'completion', completion: '', stop_reason: 'stop_sequence', stop: '\n\nHuman:' },
    ],
  },
  'Claude messages': {
    modelIds: [
      'anthropic.claude-3-haiku-20240307-v1:0',
      'us.anthropic.claude-sonnet-4-20250514-v1:0',
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6',
    ],
    request: { anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages },
    body: {
      ...anthropicMessage,
      model: expect.any(String),
      content: [{ type: 'text', text: 'Paris is big' }],
      stop_reason: 'end_turn',
      usage: { ...anthropicInput, output_tokens: 3 },
    },
    chunks: [
      {
        type: 'message_start',
        message: {
          ...anthropicMessage,
          model: expect.any(String),
          content: [],
          stop_reason: null,
          usage: { ...anthropicInput, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Paris is' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' big' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 3 },
      },
      { type: 'message_stop' },
    ],
  },
  'Amazon Nova': {
    modelIds: ['amazon.nova-lite-v1:0', 'eu.amazon.nova-micro-v1:0'],
    request: { messages: [{ role: 'user', content: [{ text: prompt }] }] },
    body: {
      output: { message: { content: [{ text: 'Paris is big' }], role: 'assistant' } },
      stopReason: 'end_turn',
      usage: novaUsage,
    },
    chunks: [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { delta: { text: 'Paris is' }, contentBlockIndex: 0 } },
      { contentBlockDelta: { delta: { text: ' big' }, contentBlockIndex: 0 } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      { metadata: { usage: novaUsage, metrics: {}, trace: {} } },
    ],
  },
  'Amazon Titan Text': {
    modelIds: ['amazon.titan-text-express-v1'],
    request: { inputText: prompt },
    body: {
      inputTextTokenCount: 12,
      results: [{ tokenCount: 3, outputText: 'Paris is big', completionReason: 'FINISH' }],
    },
    chunks: [
      {
        outputText: 'Paris is',
        index: 0,
        totalOutputTextTokenCount: null,
        completionReason: null,
        inputTextTokenCount: 12,
      },
      {
        outputText: ' big',
        index: 0,
        totalOutputTextTokenCount: null,
        completionReason: null,
        inputTextTokenCount: null,
      },
      {
        outputText: '',
        index: 0,
        totalOutputTextTokenCount: 3,
        completionReason: 'FINISH',
        inputTextTokenCount: null,
      },
    ],
  },
  'Meta Llama': {
    modelIds: ['meta.llama3-1-8b-instruct-v1:0', 'us.meta.llama3-3-70b-instruct-v1:0'],
    request: { prompt, max_gen_len: 50 },
    body: {
      generation: 'Paris is big',
      prompt_token_count: 12,
      generation_token_count: 3,
      stop_reason: 'stop',
    },
    chunks: [
      { generation: 'Paris is', prompt_token_count: 12, generation_token_count: 1, stop_reason: null },
      { generation: ' big', prompt_token_count: null, generation_token_count: 2, stop_reason: null },
      { generation: '', prompt_token_count: null, generation_token_count: 3, stop_reason: 'stop' },
    ],
  },
  'Mistral text completion': {
    modelIds: ['mistral.mistral-7b-instruct-v0:2'],
    request: { prompt: `<s>[INST] ${prompt} [/INST]` },
    body: { outputs: [{ text: 'Paris is big', stop_reason: 'stop' }] },
    chunks: [
      { outputs: [{ text: 'Paris is', stop_reason: null }] },
      { outputs: [{ text: ' big', stop_reason: null }] },
      { outputs: [{ text: '', stop_reason: 'stop' }] },
    ],
  },
  'Cohere Command': {
    modelIds: ['cohere.command-text-v14'],
    request: { prompt },
    body: {
      id: expect.any(String),
      prompt,
      generations: [{ id: expect.any(String), text: 'Paris is big', finish_reason: 'COMPLETE' }],
    },
    chunks: [
      { text: 'Paris is', is_finished: false },
      { text: ' big', is_finished: false },
      { is_finished: true, finish_reason: 'COMPLETE' },
    ],
  },
  'Cohere Command R': {
    modelIds: ['cohere.command-r-plus-v1:0'],
    request: { message: prompt },
    body: cohereBody,
    chunks: [
      { event_type: 'stream-start', is_finished: false, generation_id: expect.any(String) },
      { event_type: 'text-generation', is_finished: false, text: 'Paris is' },
      { event_type: 'text-generation', is_finished: false, text: ' big' },
      { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response: cohereBody },
    ],
  },
  'OpenAI chat': {
    modelIds: [
      'openai.gpt-oss-120b-1:0',
      'mistral.mistral-large-2407-v1:0',
      'ai21.jamba-1-5-mini-v1:0',
      'new.model',
    ],
    request: { messages },
    body: {
      id: expect.stringMatching(/^chatcmpl-testkit-\d+$/),
      object: 'chat.completion',
      created: 0,
      model: expect.any(String),
      choices: [{ index: 0, message: { role: 'assistant', content: 'Paris is big' }, finish_reason: 'stop' }],
      usage: openaiUsage,
    },
    chunks: [
      openaiChunk({ delta: { role: 'assistant', content: '' } }),
      openaiChunk({ delta: { content: 'Paris is' } }),
      openaiChunk({ delta: { content: ' big' } }),
      { ...openaiChunk({ delta: {}, finish_reason: 'stop' }), usage: openaiUsage },
    ],
  },
  'any other prompt': {
    modelIds: ['deepseek.r1-v1:0', 'new.model'],
    request: { prompt },
    body: { choices: [{ index: 0, text: 'Paris is big', stop_reason: 'stop' }] },
    chunks: [
      { choices: [{ index: 0, text: 'Paris is', stop_reason: null }] },
      { choices: [{ index: 0, text: ' big', stop_reason: null }] },
      { choices: [{ index: 0, text: '', stop_reason: 'stop' }] },
    ],
  },
};

describe.each(Object.entries(formats))('a model answering in the format of %s', (_name, format) => {
  const { modelIds, request, body, chunks } = format;

  it.each(modelIds)('words the body of InvokeModel as the family does: %s', async (modelId) => {
    expect(await invoke(modelId, request)).toEqual(body);
  });

  it.each(modelIds)('words the chunks of a stream as the family does: %s', async (modelId) => {
    expect(await stream(modelId, request)).toEqual([
      ...chunks.slice(0, -1),
      { ...chunks.at(-1), ...metrics },
    ]);
  });
});

describe.each([
  ['amazon.titan-embed-text-v2:0', { inputText: 'Paris', dimensions: 256 }],
  ['cohere.embed-english-v3', { texts: ['Paris', 'London'], input_type: 'search_document' }],
])('the embedding model %s', (modelId, request) => {
  it('gives vectors that depend on the text alone', async () => {
    const first = await invoke(modelId, request);
    const second = await invoke(modelId, request);
    expect(second).toEqual({ ...first, ...('id' in second && { id: second.id }) });
    if ('texts' in request) {
      const [paris, london] = first.embeddings as number[][];
      expect(paris).toHaveLength(1024);
      expect(paris).not.toEqual(london);
      expect(first).toMatchObject({ response_type: 'embeddings_floats', texts: ['Paris', 'London'] });
    } else {
      expect(first).toMatchObject({ inputTextTokenCount: 12, embeddingsByType: { float: first.embedding } });
      expect(first.embedding).toHaveLength(256);
      const other = await invoke(modelId, { ...request, inputText: 'London' });
      expect(other.embedding).not.toEqual(first.embedding);
    }
  });

  it('refuses to stream', async () => {
    await expect(stream(modelId, request)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The model is unsupported for streaming.',
    });
  });
});

describe('the ids of answers', () => {
  const requests: [idsIn: (body: JsonObject) => unknown[], modelId: string, request: object][] = [
    [({ id }) => [id], 'anthropic.claude-3-haiku-20240307-v1:0', { messages }],
    [({ id }) => [id], 'openai.gpt-oss-120b-1:0', { messages }],
    [
      ({ response_id, generation_id }) => [response_id, generation_id],
      'cohere.command-r-v1:0',
      { message: prompt },
    ],
    [
      ({ id, generations }) => [id, (generations as { id: string }[])[0]?.id],
      'cohere.command-text-v14',
      { prompt },
    ],
    [({ id }) => [id], 'cohere.embed-english-v3', { texts: ['Paris'] }],
  ];

  /** The ids that a new server gives, one request of each kind twice. */
  async function idsOfNewServer(): Promise<unknown[]> {
    const server = await startBedrock();
    const ownClient = new BedrockRuntimeClient(server.clientConfig);
    const ids: unknown[] = [];
    for (const [idsIn, modelId, request] of [...requests, ...requests]) {
      const output = await ownClient.send(new InvokeModelCommand({ modelId, body: JSON.stringify(request) }));
      ids.push(...idsIn(JSON.parse(output.body.transformToString())));
    }
    ownClient.destroy();
    await server.close();
    return ids;
  }

  it('differ from answer to answer, and are the same in every run', async () => {
    const ids = await idsOfNewServer();
    expect(ids).toHaveLength(14);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await idsOfNewServer()).toEqual(ids);
  });

  it('are one in all chunks of a stream', async () => {
    const chunks = await stream('openai.gpt-oss-120b-1:0', { messages });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });
});
