import { formatReader } from './answer-format.ts';
import { anthropicMessage, anthropicToolName } from './formats.ts';
import { isText, type JsonRecord, record } from './json.ts';
import { readInvocationMetrics } from './readers.ts';
import { contentOnly, nothing, type Reading } from './reading.ts';

/** Reads an answer of Anthropic's Messages API, whole. */
export const readAnthropicMessage: (body: unknown) => Reading =
  /* @__PURE__ */ formatReader(anthropicMessage);

/**
 * Reads one event of a streamed message.
 *
 * `message_start` has the input and the caches with their lifetimes, `message_delta` cumulative counts of what it names,
 * `message_stop` ends the answer; Bedrock adds its own counts to it.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function readAnthropicEvent(event: unknown): Reading {
  const { type, message, content_block, completion } = record(event);
  switch (type) {
    case 'content_block_delta':
      return contentOnly;
    case 'content_block_start':
      return readBlockStart(record(content_block));
    case 'message_start':
      return readAnthropicMessage(message);
    case 'message_delta':
      return readAnthropicMessage(event);
    case 'message_stop':
      return { ...readInvocationMetrics(event), isLast: true };
    default:
      // Bedrock still streams the retired text completions; their counts come with its metrics.
      return completion === undefined ? nothing : readAnthropicMessage(event);
  }
}

/** Blocks of text and thinking start empty; the name of a tool, or redacted thinking, comes with the start. */
function readBlockStart(block: JsonRecord): Reading {
  const name = anthropicToolName(block);
  if (isText(name)) return { toolCalls: [name], hasContent: true };
  return block.type === 'text' || block.type === 'thinking' ? nothing : contentOnly;
}
