import type { Usage } from './usage.ts';
import { count, defined, type JsonRecord, record, without } from './usage-json.ts';

/**
 * Reads the `usage` of chat completions, older completions and embeddings. OpenAI includes the details in
 * `prompt_tokens` and `completion_tokens`; here each token counts once.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 */
export function readChatUsage(usage: JsonRecord): Usage {
  const prompt = record(usage.prompt_tokens_details);
  const completion = record(usage.completion_tokens_details);
  const { cached_tokens, cache_write_tokens, audio_tokens, image_tokens } = prompt;
  return defined({
    input: without(usage.prompt_tokens, cached_tokens, cache_write_tokens, audio_tokens, image_tokens),
    output: without(usage.completion_tokens, completion.reasoning_tokens, completion.audio_tokens),
    cacheRead: count(cached_tokens),
    cacheWrite: count(cache_write_tokens),
    reasoning: count(completion.reasoning_tokens),
    inputAudio: count(audio_tokens),
    outputAudio: count(completion.audio_tokens),
    inputImage: count(image_tokens),
  });
}

/** Reads the `usage` of the Responses API. @see https://platform.openai.com/docs/api-reference/responses/object */
export function readResponseUsage(usage: JsonRecord): Usage {
  const { cached_tokens, cache_write_tokens } = record(usage.input_tokens_details);
  const { reasoning_tokens } = record(usage.output_tokens_details);
  return defined({
    input: without(usage.input_tokens, cached_tokens, cache_write_tokens),
    output: without(usage.output_tokens, reasoning_tokens),
    cacheRead: count(cached_tokens),
    cacheWrite: count(cache_write_tokens),
    reasoning: count(reasoning_tokens),
  });
}

/** Reads the `usage` of images: their output counts as image tokens, except the text tokens in the details. */
export function readImageUsage(usage: JsonRecord): Usage {
  const { image_tokens } = record(usage.input_tokens_details);
  const { text_tokens } = record(usage.output_tokens_details);
  return defined({
    input: without(usage.input_tokens, image_tokens),
    output: count(text_tokens),
    inputImage: count(image_tokens),
    outputImage: without(usage.output_tokens, text_tokens),
  });
}

/** Reads the `usage` of transcriptions; a transcription that is charged by the second has no token counts. */
export function readTranscriptionUsage(usage: JsonRecord): Usage {
  const { audio_tokens } = record(usage.input_token_details);
  return defined({
    input: without(usage.input_tokens, audio_tokens),
    output: count(usage.output_tokens),
    inputAudio: count(audio_tokens),
  });
}

/** Reads the `usage` at the end of streamed speech, whose output is audio. */
export function readSpeechUsage(usage: JsonRecord): Usage {
  return defined({ input: count(usage.input_tokens), outputAudio: count(usage.output_tokens) });
}
