// Only OpenAI transcribes.
import type { Reading } from '@payi/core/adapter';

/**
 * Reads what a transcription used. Models that are billed by the minute say seconds and not tokens, for which Pay-i has no
 * unit.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/json-object
 */
export function readTranscript(body: unknown): Reading {
  const { usage } = Object(body) as { usage?: unknown };
  const { input_tokens, output_tokens, input_token_details } = Object(usage) as Record<string, unknown>;
  const audio = count((Object(input_token_details) as Record<string, unknown>).audio_tokens);
  const input = count(input_tokens);
  const output = count(output_tokens);
  if (input === undefined && output === undefined) return {};
  const text = {
    ...(input !== undefined && { input: Math.max(0, input - (audio ?? 0)) }),
    ...(output !== undefined && { output }),
  };
  return { units: { text, ...(audio && { audio: { input: audio } }) } };
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
