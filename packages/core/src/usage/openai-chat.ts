import { isText, type JsonRecord, record, records } from './json.ts';
import { type Reading, toReading, type Units } from './reading.ts';
import { tokenUnits, unit, without } from './units.ts';

/**
 * Reads the body of a chat completion, an older completion, or embeddings, in OpenAI's format. Mistral's chat models,
 * DeepSeek, AI21 Jamba, Qwen and OpenAI's own models answer in it on Bedrock.
 *
 * OpenAI's `prompt_tokens` include what a cache gave or took, audio and images; `completion_tokens` include reasoning
 * and audio. Here each is counted once.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 */
export function readOpenAIChat(body: unknown): Reading {
  const { usage, id, choices } = record(body);
  const answers = records(choices);
  return toReading({
    units: chatUsageUnits(record(usage)),
    id,
    stopReason: answers.map(stopReason).find(isText),
    toolCalls: answers.flatMap((choice) => toolNames(record(choice.message))),
  });
}

/**
 * Reads one chunk of a streamed chat completion.
 *
 * Usage may come on every chunk, and then counts up, or on one without choices after the last choice: that one ends the
 * answer. Without `stream_options.include_usage` no chunk does; the stream's `[DONE]` is not JSON and not seen here.
 */
export function readOpenAIChatChunk(chunk: unknown): Reading {
  const { usage, id, choices } = record(chunk);
  const answers = records(choices);
  const units = chatUsageUnits(record(usage));
  return toReading({
    units,
    id,
    stopReason: answers.map(stopReason).find(isText),
    toolCalls: answers.flatMap((choice) => toolNames(record(choice.delta))),
    isLast: Array.isArray(choices) && choices.length === 0 && 'text' in units,
    hasContent: answers.some((choice) => isText(choice.text) || isContent(record(choice.delta))),
  });
}

function chatUsageUnits(usage: JsonRecord): Units {
  const prompt = record(usage.prompt_tokens_details);
  const completion = record(usage.completion_tokens_details);
  const { cached_tokens, cache_write_tokens, image_tokens, audio_tokens } = prompt;
  return {
    ...tokenUnits(
      without(usage.prompt_tokens, cached_tokens, cache_write_tokens, image_tokens, audio_tokens),
      without(usage.completion_tokens, completion.reasoning_tokens, completion.audio_tokens),
      cached_tokens,
      cache_write_tokens,
    ),
    ...unit('vision', image_tokens),
    ...unit('audio', audio_tokens, completion.audio_tokens),
    ...unit('reasoning', undefined, completion.reasoning_tokens),
  };
}

/** Mistral on Bedrock says `stop_reason`. */
function stopReason(choice: JsonRecord): unknown {
  return choice.finish_reason ?? choice.stop_reason;
}

/** A streamed tool call has its name in its first chunk alone. */
function toolNames(message: JsonRecord): unknown[] {
  const calls = records(message.tool_calls).map((call) => record(call.function ?? call.custom).name);
  return [...calls, record(message.function_call).name];
}

/** The first chunk has only a role, and text of no length. `reasoning…` are the words of DeepSeek and of vLLM. */
function isContent(delta: JsonRecord): boolean {
  return (
    [delta.content, delta.reasoning_content, delta.reasoning, delta.refusal].some(isText) ||
    Boolean(delta.tool_calls ?? delta.function_call ?? delta.audio)
  );
}
