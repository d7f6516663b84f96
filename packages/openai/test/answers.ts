/** Answers of OpenAI, as the provider of these tests writes them. */

const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06' };
const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

export const usage = {
  prompt_tokens: 100,
  completion_tokens: 50,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 40 },
  completion_tokens_details: { reasoning_tokens: 20 },
};
/** What Pay-i's units make of it. */
export const units = {
  text: { input: 60, output: 30 },
  text_cache_read: { input: 40 },
  reasoning: { output: 20 },
};

export const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi', refusal: null }, finish_reason: 'stop' },
  ],
  usage,
};

export const roleChunk = event({
  ...chunk,
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
});
export const textChunk = (content: string, more: object = {}): string =>
  event({ ...chunk, choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });
export const stopChunk = event({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
export const usageChunk = event({ ...chunk, choices: [], usage });
export const done = 'data: [DONE]\n\n';

/** A chat stream; with usage at its end only where it was asked for. */
export const chatEvents = (pieces: readonly string[], withUsage: boolean): string[] => [
  roleChunk,
  ...pieces.map((piece) => textChunk(piece)),
  stopChunk,
  ...(withUsage ? [usageChunk] : []),
  done,
];

const responseUsage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 150,
};
export const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-4o-2024-08-06',
  error: null,
  incomplete_details: null,
  output: [
    {
      type: 'message',
      id: 'msg_1',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
    },
  ],
  parallel_tool_calls: true,
  tools: [],
  usage: responseUsage,
};
const responseEvent = (data: { type: string; [member: string]: unknown }): string =>
  `event: ${data.type}\n${event(data)}`;
export const responseEvents = (pieces: readonly string[]): string[] => [
  responseEvent({
    type: 'response.created',
    sequence_number: 0,
    response: { ...response, status: 'in_progress', output: [], usage: null },
  }),
  responseEvent({
    type: 'response.output_item.added',
    sequence_number: 1,
    output_index: 0,
    item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] },
  }),
  responseEvent({
    type: 'response.content_part.added',
    sequence_number: 2,
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    part: { type: 'output_text', text: '', annotations: [] },
  }),
  ...pieces.map((delta, index) =>
    responseEvent({
      type: 'response.output_text.delta',
      sequence_number: 3 + index,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta,
      logprobs: [],
    }),
  ),
  responseEvent({ type: 'response.completed', sequence_number: 3 + pieces.length, response }),
];

export const embeddings = {
  object: 'list',
  model: 'text-embedding-3-small',
  data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
  usage: { prompt_tokens: 8, total_tokens: 8 },
};

/** With a hundredth of a second between its pieces it takes a minute. */
export const endless: readonly string[] = Array(6000).fill('more ');
