import type { JsonObject } from '../json.ts';
import { type TokenUsage, totalTokens } from '../token-usage.ts';
import type { ModelFamily } from './model-family.ts';

/** Amazon Nova. @see https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html */
export const amazonNova: ModelFamily = {
  matches: (modelName, request) => modelName.includes('amazon.nova') || 'inferenceConfig' in request,

  body: (reply) => ({
    output: { message: { content: [{ text: reply.text }], role: 'assistant' } },
    stopReason: reply.stopReason ?? 'end_turn',
    usage: novaUsage(reply.usage),
  }),

  chunks: (reply) => [
    { messageStart: { role: 'assistant' } },
    ...reply.pieces.map((text) => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } })),
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: reply.stopReason ?? 'end_turn' } },
    { metadata: { usage: novaUsage(reply.usage), metrics: {}, trace: {} } },
  ],
};

function novaUsage(usage: TokenUsage): JsonObject {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: totalTokens(usage),
    // Converse has the same members without `Count` in their names.
    cacheReadInputTokenCount: usage.cacheReadInputTokens,
    cacheWriteInputTokenCount: usage.cacheWriteInputTokens,
  };
}
