import { isText, type JsonRecord, record, records } from './json.ts';
import { type Reading, type ReadingParts, toReading, type Units } from './reading.ts';
import { addUnit, tokenUnits, without } from './units.ts';

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
  return toReading({ ...readAnswer(record(body), 'message'), hasContent: undefined });
}

/**
 * Reads one chunk of a streamed chat completion.
 *
 * Usage may come on every chunk, and then counts up, or on one without choices after the last choice: that one ends the
 * answer. Without `stream_options.include_usage` no chunk does; the stream's `[DONE]` is not JSON and not seen here.
 */
export function readOpenAIChatChunk(chunk: unknown): Reading {
  const root = record(chunk);
  const parts = readAnswer(root, 'delta');
  const hasNoChoice = Array.isArray(root.choices) && root.choices.length === 0;
  return toReading({ ...parts, isLast: hasNoChoice && parts.units?.text !== undefined });
}

function readAnswer({ usage, id, choices }: JsonRecord, member: 'message' | 'delta'): ReadingParts {
  const toolCalls: unknown[] = [];
  let stopReason: unknown;
  let hasContent = false;
  for (const choice of records(choices)) {
    const said = record(choice[member]);
    // Mistral on Bedrock says `stop_reason`.
    stopReason ??= choice.finish_reason ?? choice.stop_reason;
    hasContent ||= isText(choice.text) || isContent(said);
    // A streamed tool call has its name in its first chunk alone.
    for (const call of records(said.tool_calls)) toolCalls.push(record(call.function ?? call.custom).name);
    toolCalls.push(record(said.function_call).name);
  }
  return { units: usage ? chatUsageUnits(record(usage)) : undefined, id, stopReason, toolCalls, hasContent };
}

function chatUsageUnits(usage: JsonRecord): Units {
  const prompt = record(usage.prompt_tokens_details);
  const completion = record(usage.completion_tokens_details);
  const { cached_tokens, cache_write_tokens, image_tokens, audio_tokens } = prompt;
  const units = tokenUnits(
    without(usage.prompt_tokens, cached_tokens, cache_write_tokens, image_tokens, audio_tokens),
    without(usage.completion_tokens, completion.reasoning_tokens, completion.audio_tokens),
    cached_tokens,
    cache_write_tokens,
  );
  addUnit(units, 'vision', image_tokens);
  addUnit(units, 'audio', audio_tokens, completion.audio_tokens);
  addUnit(units, 'reasoning', undefined, completion.reasoning_tokens);
  return units;
}

/** The first chunk has only a role, and text of no length. `reasoning…` are the words of DeepSeek and of vLLM. */
function isContent(said: JsonRecord): boolean {
  return (
    isText(said.content) ||
    isText(said.reasoning_content) ||
    isText(said.reasoning) ||
    isText(said.refusal) ||
    Boolean(said.tool_calls ?? said.function_call ?? said.audio)
  );
}
