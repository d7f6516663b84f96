import type { JsonObject } from '../json.ts';
import { cohereId } from './cohere-id.ts';
import type { ModelFamily, ModelReply } from './model-family.ts';

/** Cohere Command R and R+. @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html */
export const cohereCommandR: ModelFamily = {
  matches: (_modelName, request) => 'message' in request,

  body,

  chunks: (reply) => [
    {
      event_type: 'stream-start',
      is_finished: false,
      generation_id: cohereId(reply.answerNumber, 'generation'),
    },
    ...reply.pieces.map((text) => ({ event_type: 'text-generation', is_finished: false, text })),
    {
      event_type: 'stream-end',
      is_finished: true,
      finish_reason: reply.stopReason ?? 'COMPLETE',
      response: body(reply),
    },
  ],
};

function body(reply: ModelReply): JsonObject {
  return {
    response_id: cohereId(reply.answerNumber, 'response'),
    generation_id: cohereId(reply.answerNumber, 'generation'),
    text: reply.text,
    chat_history: [
      { role: 'USER', message: reply.request.message },
      { role: 'CHATBOT', message: reply.text },
    ],
    finish_reason: reply.stopReason ?? 'COMPLETE',
  };
}
