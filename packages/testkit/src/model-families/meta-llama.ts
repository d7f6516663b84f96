import type { ModelFamily } from './model-family.ts';

/** Meta Llama. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html */
export const metaLlama: ModelFamily = {
  matches: (modelName, request) => modelName.includes('meta.') || 'max_gen_len' in request,

  body: (reply) => ({
    generation: reply.text,
    prompt_token_count: reply.usage.inputTokens,
    generation_token_count: reply.usage.outputTokens,
    stop_reason: reply.stopReason ?? 'stop',
  }),

  chunks: (reply) => [
    ...reply.pieces.map((generation, index) => ({
      generation,
      prompt_token_count: index === 0 ? reply.usage.inputTokens : null,
      generation_token_count: Math.min(index + 1, reply.usage.outputTokens),
      stop_reason: null,
    })),
    {
      generation: '',
      prompt_token_count: reply.pieces.length === 0 ? reply.usage.inputTokens : null,
      generation_token_count: reply.usage.outputTokens,
      stop_reason: reply.stopReason ?? 'stop',
    },
  ],
};
