import { readInvocationMetrics } from './invocation-metrics.ts';
import { type JsonRecord, record } from './json.ts';
import { contentOnly, nothing, type Reading, toReading, type Units } from './reading.ts';
import { addUnit, tokenUnits } from './units.ts';

/**
 * Reads an answer of the Messages API: Anthropic's own, on Bedrock, on Vertex.
 *
 * `input_tokens` holds neither cache reads nor cache writes. Tokens of images are text: the answer does not tell them
 * apart, and an estimate would only move tokens from one unit to another. Where a large context begins is a matter of
 * each model's price, not of the answer, so 200,000 tokens are `text` like any others.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export function readAnthropicMessage(body: unknown): Reading {
  const message = record(body);
  return toReading({
    units: usageUnits(record(message.usage)),
    id: message.id,
    stopReason: message.stop_reason,
    toolCalls: toolNames(message.content),
  });
}

/**
 * Reads one event of a streamed message.
 *
 * `message_start` has the input and the caches with their lifetimes, `message_delta` cumulative counts of what it
 * names, `message_stop` ends the answer; Bedrock adds its own counts to it.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function readAnthropicEvent(event: unknown): Reading {
  const { type, message, content_block, delta, usage, completion, stop_reason } = record(event);
  switch (type) {
    case 'content_block_delta':
      return contentOnly;
    case 'content_block_start':
      return readBlockStart(record(content_block));
    case 'message_start':
      return readAnthropicMessage(message);
    case 'message_delta':
      return toReading({ units: usageUnits(record(usage)), stopReason: record(delta).stop_reason });
    case 'message_stop':
      return { ...readInvocationMetrics(event), isLast: true };
    default:
      // The retired text completions, which Bedrock still streams; their counts come with Bedrock's metrics.
      if (typeof completion !== 'string') return nothing;
      return stop_reason
        ? toReading({ stopReason: stop_reason, hasContent: completion !== '' })
        : contentOnly;
  }
}

/** Blocks of text and thinking start empty; the name of a tool, or redacted thinking, comes with the start. */
function readBlockStart(block: JsonRecord): Reading {
  if (isToolCall(block)) return toReading({ toolCalls: [block.name], hasContent: true });
  return block.type === 'text' || block.type === 'thinking' ? nothing : contentOnly;
}

/** `tool_use`, `server_tool_use`, `mcp_tool_use`, with or without input. */
function isToolCall(block: JsonRecord): boolean {
  return typeof block.type === 'string' && block.type.endsWith('tool_use');
}

/** In one pass that leaves nothing behind: most answers call no tool. */
function toolNames(content: unknown): unknown[] | undefined {
  if (!Array.isArray(content)) return undefined;
  let names: unknown[] | undefined;
  for (const item of content) {
    const block = record(item);
    if (!isToolCall(block)) continue;
    names ??= [];
    names.push(block.name);
  }
  return names;
}

function usageUnits(usage: JsonRecord): Units {
  const written = record(usage.cache_creation);
  const units = tokenUnits(
    usage.input_tokens,
    usage.output_tokens,
    usage.cache_read_input_tokens,
    usage.cache_creation_input_tokens,
    written.ephemeral_5m_input_tokens,
    written.ephemeral_1h_input_tokens,
  );
  addUnit(units, 'web_search_request', undefined, record(usage.server_tool_use).web_search_requests);
  return units;
}
