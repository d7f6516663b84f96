import type { JsonObject } from '../json.ts';
import { type TokenUsage, totalTokens } from '../token-usage.ts';
import type { ModelFamily, ModelReply } from './model-family.ts';

/**
 * OpenAI's open-weight models, and other models with the same chat format: Mistral chat, AI21 Jamba, DeepSeek, Qwen.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
 */
export const openaiChat: ModelFamily = {
  matches: (modelName, request) => modelName.includes('openai.') || 'messages' in request,

  body: (reply) => ({
    ...completion(reply, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: reply.text },
        finish_reason: reply.stopReason ?? 'stop',
      },
    ],
    usage: openaiUsage(reply.usage),
  }),

  chunks: (reply) => {
    const chunk = (delta: JsonObject, finishReason: string | null): JsonObject => ({
      ...completion(reply, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    });
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...reply.pieces.map((content) => chunk({ content }, null)),
      { ...chunk({}, reply.stopReason ?? 'stop'), usage: openaiUsage(reply.usage) },
    ];
  },
};

function completion(reply: ModelReply, object: string): JsonObject {
  return { id: `chatcmpl-testkit-${reply.answerNumber}`, object, created: 0, model: reply.modelId };
}

/** OpenAI includes cached tokens in the tokens of the prompt. */
function openaiUsage(usage: TokenUsage): JsonObject {
  return {
    prompt_tokens: totalTokens(usage) - usage.outputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
  };
}
