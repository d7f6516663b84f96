import { isText, type JsonRecord, record, records } from './json.ts';
import { contentOnly, nothing, type Reading, toReading, type Units } from './reading.ts';
import { addUnit, tokenUnits, without } from './units.ts';

/**
 * Reads the body of OpenAI's Responses API. `input_tokens` include what a cache gave or took, `output_tokens` include
 * reasoning; here each is counted once.
 *
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */
export function readOpenAIResponse(body: unknown): Reading {
  const response = record(body);
  return toReading({ ...answerParts(response), toolCalls: records(response.output).map(toolName) });
}

/**
 * Reads one event of a streamed response. Tools are named when their item is done; `response.completed`,
 * `response.incomplete` and `response.failed` have the counts and end the answer.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function readOpenAIResponseEvent(event: unknown): Reading {
  const { type, response, item } = record(event);
  switch (type) {
    case 'response.created':
      return toReading({ id: record(response).id });
    case 'response.output_item.done':
      return toReading({ toolCalls: [toolName(record(item))] });
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      return toReading({ ...answerParts(record(response)), isLast: true });
    default:
      return isText(type) && (type.endsWith('.delta') || type.endsWith('.partial_image'))
        ? contentOnly
        : nothing;
  }
}

function answerParts(response: JsonRecord): {
  units: Units;
  id: unknown;
  stopReason: unknown;
  properties: Record<string, string>;
} {
  const { code } = record(response.error);
  return {
    units: responseUsageUnits(record(response.usage)),
    id: response.id,
    stopReason: record(response.incomplete_details).reason ?? response.status,
    // The code alone: the message of an error may quote the prompt.
    properties: isText(code) ? { 'system.failure': code } : {},
  };
}

function responseUsageUnits(usage: JsonRecord): Units {
  const { cached_tokens, cache_write_tokens } = record(usage.input_tokens_details);
  const { reasoning_tokens } = record(usage.output_tokens_details);
  const units = tokenUnits(
    without(usage.input_tokens, cached_tokens, cache_write_tokens),
    without(usage.output_tokens, reasoning_tokens),
    cached_tokens,
    cache_write_tokens,
  );
  addUnit(units, 'reasoning', undefined, reasoning_tokens);
  return units;
}

/** `get_weather` of a `function_call`; `web_search` of a `web_search_call`, which has no name. */
function toolName({ type, name }: JsonRecord): unknown {
  return isText(type) && type.endsWith('_call') ? (name ?? type.slice(0, -'_call'.length)) : undefined;
}
