import { describe, expect, it } from 'vitest';
import ai21Jamba from './__fixtures__/ai21-jamba.json' with { type: 'json' };
import anthropicCache from './__fixtures__/anthropic-cache.json' with { type: 'json' };
import anthropicMessage from './__fixtures__/anthropic-message.json' with { type: 'json' };
import anthropicStream from './__fixtures__/anthropic-stream.json' with { type: 'json' };
import anthropicStreamBedrock from './__fixtures__/anthropic-stream-bedrock.json' with { type: 'json' };
import cohereCommand from './__fixtures__/cohere-command.json' with { type: 'json' };
import cohereCommandR from './__fixtures__/cohere-command-r.json' with { type: 'json' };
import cohereCommandRStream from './__fixtures__/cohere-command-r-stream.json' with { type: 'json' };
import cohereEmbed from './__fixtures__/cohere-embed.json' with { type: 'json' };
import deepseek from './__fixtures__/deepseek.json' with { type: 'json' };
import invokeModelGuardrail from './__fixtures__/invoke-model-guardrail.json' with { type: 'json' };
import llama from './__fixtures__/llama.json' with { type: 'json' };
import llamaStream from './__fixtures__/llama-stream.json' with { type: 'json' };
import mistralChat from './__fixtures__/mistral-chat.json' with { type: 'json' };
import mistralText from './__fixtures__/mistral-text.json' with { type: 'json' };
import nova from './__fixtures__/nova.json' with { type: 'json' };
import novaStream from './__fixtures__/nova-stream.json' with { type: 'json' };
import openaiChat from './__fixtures__/openai-chat.json' with { type: 'json' };
import openaiChatStream from './__fixtures__/openai-chat-stream.json' with { type: 'json' };
import titanEmbeddingsImage from './__fixtures__/titan-embeddings-image.json' with { type: 'json' };
import titanEmbeddingsV1 from './__fixtures__/titan-embeddings-v1.json' with { type: 'json' };
import titanEmbeddingsV2 from './__fixtures__/titan-embeddings-v2.json' with { type: 'json' };
import titanText from './__fixtures__/titan-text.json' with { type: 'json' };
import titanTextStream from './__fixtures__/titan-text-stream.json' with { type: 'json' };
import { readBedrockBody, readBedrockChunk } from './bedrock-body.ts';
import type { ModelFamily } from './model-family.ts';
import { mergeReadings, nothing, type Reading, type Units } from './reading.ts';

type Case = [name: string, family: ModelFamily, body: unknown, units: Units | undefined, stopReason?: string];

const bodies: Case[] = [
  [
    'an Anthropic message',
    'anthropic',
    anthropicMessage.body,
    { text: { input: 10, output: 25 } },
    'end_turn',
  ],
  [
    'an Anthropic message with caches',
    'anthropic',
    anthropicCache.body,
    {
      text: { input: 2048, output: 503 },
      text_cache_write: { input: 148 },
      text_cache_write_1h: { input: 100 },
      text_cache_read: { input: 1800 },
    },
    'end_turn',
  ],
  [
    'Nova',
    'nova',
    nova.body,
    { text: { input: 127, output: 267 }, text_cache_read: { input: 30 }, text_cache_write: { input: 12 } },
    'end_turn',
  ],
  ['Llama', 'llama', llama.body, { text: { input: 18, output: 54 } }, 'stop'],
  ['Titan text', 'titan', titanText.body, { text: { input: 5, output: 64 } }, 'FINISH'],
  ['Titan embeddings v1', 'titan', titanEmbeddingsV1.body, { text: { input: 7 } }],
  ['Titan embeddings v2', 'titan', titanEmbeddingsV2.body, { text: { input: 7 } }],
  ['Titan embeddings of images', 'titan', titanEmbeddingsImage.body, { text: { input: 7 } }],
  ['Cohere Command R', 'cohere', cohereCommandR.body, { text: { input: 5, output: 418 } }, 'COMPLETE'],
  ['Cohere Command', 'cohere', cohereCommand.body, undefined, 'COMPLETE'],
  ['Cohere Embed', 'cohere', cohereEmbed.body, { text: { input: 2 } }],
  ['Mistral text', 'mistral', mistralText.body, undefined, 'stop'],
  ['Mistral chat', 'mistral', mistralChat.body, { text: { input: 104, output: 29 } }, 'tool_calls'],
  ['DeepSeek', 'deepseek', deepseek.body, undefined, 'length'],
  ['AI21 Jamba', 'ai21', ai21Jamba.body, { text: { input: 22, output: 125 } }, 'stop'],
  ['OpenAI chat', 'openai', openaiChat.body, { text: { input: 19, output: 10 } }, 'stop'],
];

describe.each(bodies)('readBedrockBody() of %s', (_name, family, body, units, stopReason) => {
  it.each([
    ['of a known family', family],
    ['behind an opaque ARN', undefined],
    ['priced as another family', family === 'anthropic' ? 'llama' : 'anthropic'],
  ] as const)('reads tokens and stop reason of a model %s', (_case, asked) => {
    const reading = readBedrockBody(body, asked);
    expect(reading.units).toEqual(units);
    expect(reading.properties?.['system.stop_reason']).toBe(stopReason);
  });
});

const readStream = (chunks: readonly unknown[], family?: ModelFamily): Reading =>
  chunks.map((chunk) => readBedrockChunk(chunk, family)).reduce(mergeReadings, nothing);

const streams: [
  name: string,
  family: ModelFamily,
  chunks: readonly unknown[],
  Units,
  firstContent: number,
][] = [
  ['Anthropic', 'anthropic', anthropicStream.body, { text: { input: 25, output: 15 } }, 3],
  ['Anthropic on Bedrock', 'anthropic', anthropicStreamBedrock.body, { text: { input: 15, output: 4 } }, 2],
  ['Nova', 'nova', novaStream.body, { text: { input: 2, output: 31 } }, 1],
  ['Llama', 'llama', llamaStream.body, { text: { input: 18, output: 3 } }, 0],
  ['Titan text', 'titan', titanTextStream.body, { text: { input: 5, output: 64 } }, 0],
  ['Cohere Command R', 'cohere', cohereCommandRStream.body, { text: { input: 5, output: 418 } }, 1],
  [
    'OpenAI chat',
    'openai',
    openaiChatStream.body,
    { text: { input: 50, output: 17 }, text_cache_read: { input: 32 } },
    1,
  ],
];

describe.each(streams)('readBedrockChunk() of %s', (_name, family, chunks, units, firstContent) => {
  it.each([
    ['a known', family],
    ['an unknown', undefined],
  ] as const)('reads a stream of %s family to its end', (_case, asked) => {
    expect(readStream(chunks, asked)).toMatchObject({ units, isLast: true, hasContent: true });
    expect(chunks.findIndex((chunk) => readBedrockChunk(chunk, asked).hasContent)).toBe(firstContent);
    expect(chunks.findIndex((chunk) => readBedrockChunk(chunk, asked).isLast)).toBe(chunks.length - 1);
  });
});

describe('readBedrockChunk()', () => {
  it('keeps the metrics of the last chunk apart from what the model counts', () => {
    const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 9, outputTokenCount: 4 } };
    const chunks = [
      { outputs: [{ text: 'Hello', stop_reason: null }] },
      { outputs: [{ text: '', stop_reason: 'stop' }], ...metrics },
    ];
    expect(readStream(chunks, 'mistral')).toEqual({
      alsoCounted: {
        source: 'metrics',
        complete: expect.any(Function),
        units: { text: { input: 9, output: 4 } },
      },
      properties: { 'system.stop_reason': 'stop' },
      hasContent: true,
      isLast: true,
    });
  });

  it('prefers what the model counts to the metrics in the same chunk', () => {
    const chunk = {
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 50,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 10, outputTokenCount: 50 },
    };
    expect(readBedrockChunk(chunk).units).toEqual({
      text: { input: 10, output: 30 },
      reasoning: { output: 20 },
    });
  });

  it('reads the guardrail of the last chunk', () => {
    const { 'amazon-bedrock-guardrailAction': action, 'amazon-bedrock-trace': trace } =
      invokeModelGuardrail.body;
    const chunk = {
      type: 'message_stop',
      'amazon-bedrock-guardrailAction': action,
      'amazon-bedrock-trace': trace,
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 2, outputTokenCount: 1 },
    };
    expect(readBedrockChunk(chunk, 'anthropic')).toMatchObject({
      alsoCounted: { units: { text: { input: 2, output: 1 } } },
      units: { guardrail_topic: { input: 15 } },
      properties: { 'system.failure': 'INTERVENED' },
      isLast: true,
    });
  });

  it('makes no object for a piece of text', () => {
    const chunk = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } };
    expect(readBedrockChunk(chunk, 'anthropic')).toBe(readBedrockChunk(chunk, 'anthropic'));
  });
});
