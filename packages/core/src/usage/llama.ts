import { isText, record } from './json.ts';
import { type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

/**
 * Reads the InvokeModel body of Meta Llama, or one chunk of it: they are worded alike. The counts of a chunk are
 * cumulative, `prompt_token_count` is `null` after the first.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
 */
export function readLlama(body: unknown): Reading {
  const { generation, prompt_token_count, generation_token_count, stop_reason } = record(body);
  return toReading({
    units: tokenUnits(prompt_token_count, generation_token_count),
    stopReason: stop_reason,
    isLast: isText(stop_reason),
    hasContent: isText(generation),
  });
}
