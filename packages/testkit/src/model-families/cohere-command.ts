import { cohereId } from './cohere-id.ts';
import type { ModelFamily } from './model-family.ts';

/** Cohere Command, which takes a prompt. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html */
export const cohereCommand: ModelFamily = {
  matches: (modelName, request) => modelName.includes('cohere.command') && 'prompt' in request,

  body: (reply) => ({
    id: cohereId(reply.answerNumber, 'response'),
    prompt: reply.request.prompt,
    generations: [
      {
        id: cohereId(reply.answerNumber, 'generation'),
        text: reply.text,
        finish_reason: reply.stopReason ?? 'COMPLETE',
      },
    ],
  }),

  chunks: (reply) => [
    ...reply.pieces.map((text) => ({ text, is_finished: false })),
    { is_finished: true, finish_reason: reply.stopReason ?? 'COMPLETE' },
  ],
};
