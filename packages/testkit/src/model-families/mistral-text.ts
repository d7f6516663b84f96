import type { ModelFamily } from './model-family.ts';

/** Mistral, text completion; its chat models answer as {@link openaiChat} does. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
export const mistralText: ModelFamily = {
  matches: (modelName, request) => modelName.includes('mistral.') && 'prompt' in request,

  body: (reply) => ({ outputs: [{ text: reply.text, stop_reason: reply.stopReason ?? 'stop' }] }),

  chunks: (reply) => [
    ...reply.pieces.map((text) => ({ outputs: [{ text, stop_reason: null }] })),
    { outputs: [{ text: '', stop_reason: reply.stopReason ?? 'stop' }] },
  ],
};
