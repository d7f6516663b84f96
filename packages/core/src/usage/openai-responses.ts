import { formatReader } from './answer-format.ts';
import { openaiResponse } from './formats.ts';
import { isText, record } from './json.ts';
import { contentOnly, nothing, type Reading } from './reading.ts';

/** Reads the body of OpenAI's Responses API. */
export const readOpenAIResponse: (body: unknown) => Reading = /* @__PURE__ */ formatReader(openaiResponse);

/**
 * Reads one event of a streamed response. Tools are named when their item is done; `response.completed`,
 * `response.incomplete` and `response.failed` have the counts and end the answer.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function readOpenAIResponseEvent(event: unknown): Reading {
  const { type, response, item } = record(event);
  switch (type) {
    case 'response.created': {
      const { id, model, service_tier } = record(response);
      return readOpenAIResponse({ id, model, service_tier });
    }
    case 'response.output_item.done': {
      const { toolCalls } = readOpenAIResponse({ output: [item] });
      return toolCalls === undefined ? nothing : { toolCalls };
    }
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed': {
      // Earlier events named the tools.
      const { toolCalls: _, ...reading } = readOpenAIResponse(response);
      return { ...reading, isLast: true };
    }
    default:
      return isText(type) && (type.endsWith('.delta') || type.endsWith('.partial_image'))
        ? contentOnly
        : nothing;
  }
}
