import type { JsonObject } from '../json.ts';
import type { ProviderReply } from './provider.ts';

/** The counts as OpenAI has them: cached tokens are a part of the input, reasoning is a part of the output. */
function counts({ usage }: ProviderReply) {
  const cached = usage.cacheReadInputTokens;
  const reasoning = usage.reasoningTokens;
  const input = usage.inputTokens + cached + usage.cacheWriteInputTokens;
  const output = usage.outputTokens + reasoning;
  return { input, output, total: input + output, cached, reasoning };
}

/** Of chat completions and completions. */
export function chatUsage(reply: ProviderReply): JsonObject {
  const { input, output, total, cached, reasoning } = counts(reply);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: total,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Of the Responses API. */
export function responseUsage(reply: ProviderReply): JsonObject {
  const { input, output, total, cached, reasoning } = counts(reply);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: total,
  };
}

/** Of embeddings, which have no output. */
export function embeddingUsage(reply: ProviderReply): JsonObject {
  const { input } = counts(reply);
  return { prompt_tokens: input, total_tokens: input };
}

/** Of images and audio: input and output, and the part that is not text. */
export function mediaUsage(reply: ProviderReply, details: JsonObject = {}): JsonObject {
  const { input, output, total } = counts(reply);
  return { input_tokens: input, output_tokens: output, total_tokens: total, ...details };
}
