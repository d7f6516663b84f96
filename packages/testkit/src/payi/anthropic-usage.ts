import type { Usage } from './usage.ts';
import { count, defined, type JsonRecord, record } from './usage-json.ts';

/**
 * Reads an Anthropic message, or one event of a streamed message.
 *
 * @param earlier - The counters of earlier events of the same stream; a later count replaces an earlier count.
 * @returns Only the counters found in `body` and `earlier`.
 */
export function readAnthropicUsage(body: unknown, earlier: Usage = {}): Usage {
  const root = record(body);
  // The first event of a stream has `message.usage`, later events have `usage`.
  return { ...earlier, ...readAnthropicCounters(record(root.usage ?? record(root.message).usage), earlier) };
}

/** @param usage - The member `usage` of a message or an event. */
export function readAnthropicCounters(usage: JsonRecord, earlier: Usage = {}): Usage {
  return defined({
    input: count(usage.input_tokens),
    output: count(usage.output_tokens),
    cacheRead: count(usage.cache_read_input_tokens),
    ...cacheWrites(usage, earlier),
    webSearches: count(record(usage.server_tool_use).web_search_requests),
  });
}

function cacheWrites(
  usage: JsonRecord,
  earlier: Usage,
): { cacheWrite: number | undefined; cacheWrite1h: number | undefined } {
  const written = record(usage.cache_creation);
  const for5m = count(written.ephemeral_5m_input_tokens);
  const for1h = count(written.ephemeral_1h_input_tokens);
  // The sum in `cache_creation_input_tokens` counts only without its parts.
  if (for5m || for1h) return { cacheWrite: for5m ?? 0, cacheWrite1h: for1h };
  // `message_delta` repeats the sum without its parts, which are in `message_start`.
  const sum = count(usage.cache_creation_input_tokens);
  const rest = sum === undefined ? undefined : Math.max(0, sum - (earlier.cacheWrite1h ?? 0));
  return { cacheWrite: rest, cacheWrite1h: earlier.cacheWrite1h ?? for1h };
}
