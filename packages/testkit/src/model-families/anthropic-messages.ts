import type { JsonObject } from '../json.ts';
import type { TokenUsage } from '../token-usage.ts';
import type { ModelFamily, ModelReply } from './model-family.ts';

/** Claude, Messages API. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html */
export const anthropicMessages: ModelFamily = {
  matches: (modelName, request) =>
    'anthropic_version' in request || (modelName.includes('anthropic.') && !('prompt' in request)),

  body: (reply) => ({
    ...message(reply),
    content: [{ type: 'text', text: reply.text }],
    stop_reason: stopReason(reply),
    usage: { ...inputUsage(reply.usage), output_tokens: reply.usage.outputTokens },
  }),

  chunks: (reply) => [
    // The first event has the output tokens so far; `message_delta` has the total.
    {
      type: 'message_start',
      message: { ...message(reply), usage: { ...inputUsage(reply.usage), output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...reply.pieces.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason(reply), stop_sequence: null },
      usage: { output_tokens: reply.usage.outputTokens },
    },
    { type: 'message_stop' },
  ],
};

function stopReason(reply: ModelReply): string {
  return reply.stopReason ?? 'end_turn';
}

function message(reply: ModelReply): JsonObject {
  return {
    model: reply.modelId,
    id: `msg_bdrk_01Testkit${String(reply.answerNumber).padStart(15, '0')}`,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

/** The counts of the input, also of Anthropic's own API. */
export function inputUsage(usage: TokenUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWriteInputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hInputTokens,
    },
  };
}
