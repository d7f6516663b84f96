import { readGuardrail } from './guardrail.ts';
import { count, type JsonRecord, record, records } from './json.ts';
import { mergeReadings } from './merge-readings.ts';
import { contentOnly, nothing, type Reading, toReading, type Units } from './reading.ts';
import { tokenUnits } from './units.ts';

/**
 * Reads the output of Converse, typed by the AWS SDK or as it came over the wire.
 *
 * The four counters exclude each other: `inputTokens` holds neither `cacheReadInputTokens` nor
 * `cacheWriteInputTokens`; a recorded answer has 3 of input, 1,789 written, 401 of output and a total of 2,193.
 * `cacheDetails` splits the writes by lifetime.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function readConverse(output: unknown): Reading {
  const body = record(output);
  const message = record(record(body.output).message);
  const reading = toReading({
    units: usageUnits(record(body.usage)),
    stopReason: body.stopReason,
    toolCalls: records(message.content).map(toolUseName),
  });
  return mergeReadings(reading, readGuardrail(body));
}

/** Reads one event of ConverseStream. The event `metadata`, after `messageStop`, has the counts and ends the answer. */
export function readConverseEvent(event: unknown): Reading {
  const { contentBlockDelta, contentBlockStart, messageStop, metadata } = record(event);
  if (contentBlockDelta) return contentOnly;
  if (contentBlockStart) {
    const name = toolUseName(record(record(contentBlockStart).start));
    return name ? toReading({ toolCalls: [name], hasContent: true }) : nothing;
  }
  if (messageStop) return readConverse(messageStop);
  // `readConverse`, because usage and trace are worded as in the answer of Converse.
  return metadata ? { ...readConverse(metadata), isLast: true } : nothing;
}

function toolUseName(block: JsonRecord): unknown {
  return record(block.toolUse).name;
}

function usageUnits(usage: JsonRecord): Units {
  // Nova's own body says `…TokenCount`; the wire of Converse has both.
  return tokenUnits(
    usage.inputTokens,
    usage.outputTokens,
    usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount,
    usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount,
    writtenFor(usage.cacheDetails, '5m'),
    writtenFor(usage.cacheDetails, '1h'),
  );
}

function writtenFor(cacheDetails: unknown, ttl: string): number {
  return records(cacheDetails)
    .filter((detail) => detail.ttl === ttl)
    .reduce((sum, detail) => sum + (count(detail.inputTokens) ?? 0), 0);
}
