import { isText, type JsonRecord, record, records } from './json.ts';
import { type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

/**
 * Reads the InvokeModel body of Cohere Command, Command R and Embed, or one chunk of it.
 *
 * `meta` has the counts as billed and as processed; the billed ones are taken. Bedrock often leaves `meta` out: then
 * nothing is known from the body.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 * @see https://docs.cohere.com/v1/reference/chat
 */
export function readCohere(body: unknown): Reading {
  const root = record(body);
  // The closing chunk repeats the whole answer in `response`; its text and tools came in earlier chunks.
  const { billed_units, tokens } = record(record(root.response ?? root).meta);
  const { input_tokens, output_tokens } = record(billed_units ?? tokens);
  return toReading({
    units: tokenUnits(input_tokens, output_tokens),
    id: root.generation_id ?? root.id,
    stopReason: root.finish_reason ?? records(root.generations)[0]?.finish_reason,
    toolCalls: records(root.tool_calls).map(toolName),
    isLast: root.is_finished === true,
    hasContent: isText(root.text) || Array.isArray(root.tool_calls),
  });
}

function toolName(call: JsonRecord): unknown {
  return call.name;
}
