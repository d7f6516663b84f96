import { describe, expect, it } from 'vitest';
import { readBedrockUsage, readBedrockUsageHeaders } from './bedrock-usage.ts';

describe('readBedrockUsage()', () => {
  it.each([
    ['Anthropic messages', { usage: { input_tokens: 11, output_tokens: 7 } }, { input: 11, output: 7 }],
    [
      'Anthropic caches',
      {
        usage: {
          input_tokens: 10,
          output_tokens: 5,
          cache_read_input_tokens: 300,
          cache_creation_input_tokens: 60,
          cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 40 },
        },
      },
      { input: 10, output: 5, cacheRead: 300, cacheWrite: 20, cacheWrite1h: 40 },
    ],
    [
      'Anthropic cache writes without their parts',
      {
        usage: {
          input_tokens: 10,
          output_tokens: 5,
          cache_read_input_tokens: null,
          cache_creation_input_tokens: 60,
          cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        },
      },
      { input: 10, output: 5, cacheWrite: 60, cacheWrite1h: 0 },
    ],
    [
      'Converse',
      {
        usage: {
          inputTokens: 9,
          outputTokens: 4,
          totalTokens: 20,
          cacheReadInputTokens: 3,
          cacheWriteInputTokens: 4,
        },
      },
      { input: 9, output: 4, cacheRead: 3, cacheWrite: 4 },
    ],
    [
      'Converse cache writes for an hour',
      {
        usage: {
          inputTokens: 9,
          outputTokens: 4,
          cacheWriteInputTokens: 10,
          cacheDetails: [
            { ttl: '5m', inputTokens: 4 },
            { ttl: '1h', inputTokens: 6 },
          ],
        },
      },
      { input: 9, output: 4, cacheWrite: 4, cacheWrite1h: 6 },
    ],
    [
      'Nova',
      {
        usage: { inputTokens: 9, outputTokens: 4, cacheReadInputTokenCount: 3, cacheWriteInputTokenCount: 2 },
      },
      { input: 9, output: 4, cacheRead: 3, cacheWrite: 2 },
    ],
    [
      'Llama',
      { generation: 'hi', prompt_token_count: 21, generation_token_count: 3 },
      { input: 21, output: 3 },
    ],
    [
      'Titan text',
      { inputTextTokenCount: 8, results: [{ tokenCount: 2 }, { tokenCount: 3 }] },
      { input: 8, output: 5 },
    ],
    ['Titan embeddings', { embedding: [0.1], inputTextTokenCount: 8 }, { input: 8 }],
    [
      'OpenAI',
      { usage: { prompt_tokens: 100, completion_tokens: 50, prompt_tokens_details: { cached_tokens: 40 } } },
      { input: 60, output: 50, cacheRead: 40 },
    ],
    [
      'invocation metrics',
      {
        completion: 'x',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 12,
          outputTokenCount: 5,
          invocationLatency: 300,
          firstByteLatency: 100,
          cacheReadInputTokenCount: 2,
          cacheWriteInputTokenCount: 1,
        },
      },
      { input: 12, output: 5, cacheRead: 2, cacheWrite: 1 },
    ],
  ])('reads %s', (_format, body, usage) => {
    expect(readBedrockUsage(body)).toEqual(usage);
  });

  it.each([
    null,
    undefined,
    'text',
    [],
    { usage: null },
    { usage: { input_tokens: -1, output_tokens: '7' } },
  ])('finds nothing in %j', (body) => {
    expect(readBedrockUsage(body)).toEqual({});
  });

  it('adds up an Anthropic stream without counting cache writes twice', () => {
    const events = [
      {
        type: 'message_start',
        message: {
          usage: {
            input_tokens: 10,
            output_tokens: 1,
            cache_creation_input_tokens: 60,
            cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 60 },
          },
        },
      },
      { type: 'content_block_delta', delta: { text: 'hi' } },
      { type: 'message_delta', usage: { output_tokens: 7 } },
      {
        type: 'message_stop',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 10,
          outputTokenCount: 7,
          cacheWriteInputTokenCount: 60,
        },
      },
    ];
    expect(events.reduce((usage, event) => readBedrockUsage(event, usage), {})).toEqual({
      input: 10,
      output: 7,
      cacheWrite: 0,
      cacheWrite1h: 60,
    });
  });

  it('reads the usage at the end of a Nova stream', () => {
    expect(readBedrockUsage({ metadata: { usage: { inputTokens: 5, outputTokens: 6 } } })).toEqual({
      input: 5,
      output: 6,
    });
  });
});

describe('readBedrockUsageHeaders()', () => {
  it('reads the four counters of Bedrock', () => {
    expect(
      readBedrockUsageHeaders({
        'x-amzn-bedrock-input-token-count': '12',
        'x-amzn-bedrock-output-token-count': '34',
        'x-amzn-bedrock-cache-read-input-token-count': '5',
        'x-amzn-bedrock-cache-write-input-token-count': '6',
      }),
    ).toEqual({ input: 12, output: 34, cacheRead: 5, cacheWrite: 6 });
  });

  it('ignores what is not a count', () => {
    expect(readBedrockUsageHeaders({ 'x-amzn-bedrock-input-token-count': '-1' })).toEqual({});
  });
});
