import { formatReader } from './answer-format.ts';
import { anthropicMessage, anthropicToolName, anthropicUsage } from './formats.ts';
import { isText, type JsonRecord, record, records } from './json.ts';
import { readInvocationMetrics } from './readers.ts';
import { addUnits, contentOnly, type GatheredUnits, nothing, type Reading } from './reading.ts';

const readWhole = /* @__PURE__ */ formatReader(anthropicMessage);
const readLater = /* @__PURE__ */ formatReader(anthropicMessage, true);
const readCounts = /* @__PURE__ */ formatReader(anthropicUsage);

/** Reads an answer of Anthropic's Messages API, whole. */
export function readAnthropicMessage(body: unknown): Reading {
  return withIterations(readWhole(body), body);
}

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
      return withIterations(readLater(event), event);
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

/**
 * Adds what the counts of an answer leave out: compactions of its context by the same model, and the work of other models,
 * an advisor or one that a fallback replaced. Nobody pays for an attempt without output.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/compaction-threshold
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool
 * @see https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback
 */
function withIterations(reading: Reading, body: unknown): Reading {
  const iterations = records(record(record(body).usage).iterations);
  if (iterations.length === 0) return reading;
  const last = iterations.filter(({ type }) => type === 'message' || type === 'fallback_message').at(-1);
  const units: GatheredUnits = {};
  const byOthers: Reading[] = [];
  addUnits(units, reading.units ?? {});
  for (const iteration of iterations) {
    const { type, model } = iteration;
    const { units: counted = {} } = readCounts(iteration);
    const isOther = isText(model) && model !== (type === 'advisor_message' ? undefined : last?.model);
    if (type === 'compaction') addUnits(units, counted);
    else if (isOther && counted.text?.output) {
      byOthers.push({
        model,
        units: counted,
        ...(isText(type) && { properties: { 'system.iteration': type } }),
      });
    }
  }
  return {
    ...reading,
    units,
    ...(byOthers.length > 0 && { byOthers }),
    ...(last?.type === 'fallback_message' && isText(last.model) && { routedTo: last.model }),
  };
}
