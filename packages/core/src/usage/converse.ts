import { formatReader } from './answer-format.ts';
import { converse } from './formats.ts';
import { readGuardrail } from './guardrail.ts';
import { isText, record } from './json.ts';
import { contentOnly, mergeReadings, nothing, type Reading } from './reading.ts';

const readAnswer = /* @__PURE__ */ formatReader(converse);

/** Reads the output of Converse, and what its guardrails say. */
export function readConverse(output: unknown): Reading {
  return mergeReadings(readAnswer(output), readGuardrail(output));
}

/** Reads one event of ConverseStream. The event `metadata`, after `messageStop`, has the counts and ends the answer. */
export function readConverseEvent(event: unknown): Reading {
  const { contentBlockDelta, contentBlockStart, messageStop, metadata } = record(event);
  if (contentBlockDelta) return contentOnly;
  if (contentBlockStart) {
    const { name } = record(record(record(contentBlockStart).start).toolUse);
    return isText(name) ? { toolCalls: [name], hasContent: true } : nothing;
  }
  if (messageStop) return readConverse(messageStop);
  return metadata ? { ...readConverse(metadata), isLast: true } : nothing;
}
