import type { ModelFamily, ModelReply } from './model-family.ts';

/** Claude, Text Completions. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-text-completion.html */
export const anthropicText: ModelFamily = {
  matches: (modelName, request) =>
    'max_tokens_to_sample' in request || (modelName.includes('anthropic.') && 'prompt' in request),

  body: (reply) => ({ type: 'completion', completion: reply.text, ...ending(reply) }),

  chunks: (reply) => [
    ...reply.pieces.map((completion) => ({ type: 'completion', completion, stop_reason: null, stop: null })),
    { type: 'completion', completion: '', ...ending(reply) },
  ],
};

function ending(reply: ModelReply): { stop_reason: string; stop: string | null } {
  const reason = reply.stopReason ?? 'stop_sequence';
  return { stop_reason: reason, stop: reason === 'stop_sequence' ? '\n\nHuman:' : null };
}
