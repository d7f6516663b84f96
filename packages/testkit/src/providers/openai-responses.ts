import type { JsonAnswer } from '../bedrock-answer.ts';
import type { JsonObject } from '../json.ts';
import type { SseAnswer } from '../provider-answer.ts';
import { randomId } from '../random-id.ts';
import { responseUsage } from './openai-usage.ts';
import type { ProviderReply } from './provider.ts';

/** A response, or its stream. @see https://platform.openai.com/docs/api-reference/responses */
export function response(reply: ProviderReply): JsonAnswer | SseAnswer {
  const items = outputItems(reply);
  const head = describeResponse(reply);
  const output = items.map(({ whole }) => whole);
  const completed = { ...head, status: 'completed', output, usage: responseUsage(reply) };
  if (reply.json.stream !== true) return { json: completed };
  const events: JsonObject[] = [
    { type: 'response.created', response: head },
    { type: 'response.in_progress', response: head },
    ...items.flatMap(({ whole, empty, events }, index) =>
      [
        { type: 'response.output_item.added', item: empty },
        ...events.map((event) => ({ ...event, item_id: whole.id })),
        { type: 'response.output_item.done', item: whole },
      ].map((event) => ({ ...event, output_index: index })),
    ),
    { type: 'response.completed', response: completed },
  ];
  return { events: events.map((event, index) => ({ data: { ...event, sequence_number: index } })) };
}

/** An item of the output: whole, as a stream begins it, and the events in between. */
interface OutputItem {
  whole: JsonObject;
  empty: JsonObject;
  events: readonly JsonObject[];
}

function outputItems({ text, pieces, toolCalls }: ProviderReply): OutputItem[] {
  const calls = toolCalls.map((call) => functionCall(call.name, JSON.stringify(call.arguments)));
  return [...(text === '' ? [] : [message(text, pieces)]), ...calls];
}

function message(text: string, pieces: readonly string[]): OutputItem {
  const empty = {
    id: randomId('msg_', 48, 'hex'),
    type: 'message',
    status: 'in_progress',
    role: 'assistant',
    content: [],
  };
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  return {
    whole: { ...empty, status: 'completed', content: [part] },
    empty,
    events: [
      { type: 'response.content_part.added', part: { ...part, text: '' } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', delta, logprobs: [] })),
      { type: 'response.output_text.done', text, logprobs: [] },
      { type: 'response.content_part.done', part },
    ].map((event) => ({ ...event, content_index: 0 })),
  };
}

function functionCall(name: string, args: string): OutputItem {
  const empty = {
    id: randomId('fc_', 48, 'hex'),
    type: 'function_call',
    status: 'in_progress',
    arguments: '',
    call_id: randomId('call_', 24),
    name,
  };
  return {
    whole: { ...empty, status: 'completed', arguments: args },
    empty,
    events: [
      { type: 'response.function_call_arguments.delta', delta: args },
      { type: 'response.function_call_arguments.done', arguments: args },
    ],
  };
}

/** A response that has just begun, with the options of the request. */
function describeResponse({ model, json, request }: ProviderReply): JsonObject {
  return {
    id: randomId('resp_', 48, 'hex'),
    object: 'response',
    created_at: Math.floor(request.receivedAt.getTime() / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: json.instructions ?? null,
    max_output_tokens: json.max_output_tokens ?? null,
    metadata: json.metadata ?? {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: json.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: json.store ?? true,
    temperature: 1,
    text: json.text ?? { format: { type: 'text' } },
    tool_choice: json.tool_choice ?? 'auto',
    tools: json.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    user: null,
  };
}
