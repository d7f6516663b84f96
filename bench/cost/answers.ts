import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { Operation, Provider } from './operations.ts';

/** A canned answer, with an id that no other has. */
export interface Answer {
  readonly id: string;
  /** As the network delivers them; one if the answer is not streamed. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
}

/** Every answer says that the model read and wrote so many tokens. */
export const tokens = { input: 412, output: 187 } as const;

const content = 'A bottle that knows when you are thirsty, and says so before you do. '.repeat(10);
const piece = 'a piece of the answer ';
/** Stands in a template where each answer has its id. */
const idPlace = 'ID-OF-THE-ANSWER';

/** What Pay-i's proxy adds to an answer. */
const result = {
  xproxy_result: {
    request_id: `request-${idPlace}`,
    resource_id: '1207',
    limits: { monthly_budget: { state: 'ok' }, team_budget: { state: 'ok' } },
    cost: {
      currency: 'usd',
      input: { base: 0.001236 },
      output: { base: 0.002805 },
      total: { base: 0.004041 },
    },
  },
};

const usage = { input_tokens: tokens.input, output_tokens: tokens.output };
const message = {
  id: `msg_${idPlace}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-5',
  content: [{ type: 'text', text: content }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage,
};

const messageEvents = (count: number): { readonly type: string }[] => [
  {
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  } as { type: string },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as { type: string },
  ...Array.from({ length: count - 5 }, () => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: piece },
  })),
  { type: 'content_block_stop', index: 0 } as { type: string },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage } as {
    type: string;
  },
  { type: 'message_stop' },
];

const openaiUsage = {
  prompt_tokens: tokens.input,
  completion_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
};
const completionFacts = {
  id: `chatcmpl-${idPlace}`,
  created: 1_764_000_000,
  model: 'gpt-4o-2024-08-06',
};
const completion = {
  ...completionFacts,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: openaiUsage,
};

function completionEvents(count: number): object[] {
  const facts = { ...completionFacts, object: 'chat.completion.chunk' };
  const event = (delta: object, finish_reason: string | null): object => ({
    ...facts,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    usage: null,
  });
  return [
    ...Array.from({ length: count - 2 }, () => event({ content: piece }, null)),
    event({}, 'stop'),
    { ...facts, choices: [], usage: openaiUsage },
  ];
}

const encoder = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(typeof bytes === 'string' ? encoder.encode(bytes) : bytes),
  (text) => encoder.encode(text),
);
const header = (value: string) => ({ type: 'string' as const, value });

/** A frame of Amazon's event stream around an event of Claude's. */
const frame = (event: object): Uint8Array =>
  codec.encode({
    headers: {
      ':message-type': header('event'),
      ':event-type': header('chunk'),
      ':content-type': header('application/json'),
    },
    body: encoder.encode(
      JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefghijkl' }),
    ),
  });

function framesOf(count: number): Uint8Array[] {
  const events = messageEvents(count);
  const metrics = { inputTokenCount: tokens.input, outputTokenCount: tokens.output, invocationLatency: 812 };
  return events.map((event, index) =>
    frame(index === count - 1 ? { ...event, 'amazon-bedrock-invocationMetrics': metrics } : event),
  );
}

/** Each event as one text. */
const streams: Readonly<Record<Provider, (count: number) => (string | Uint8Array)[]>> = {
  bedrock: framesOf,
  openai: (count) => [
    ...completionEvents(count).map((event) => `data: ${JSON.stringify(event)}\n\n`),
    'data: [DONE]\n\n',
  ],
  anthropic: (count) =>
    messageEvents(count).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
};

/** @returns What makes the next answer of an operation. Called before time and bytes are measured. */
export function answersOf(
  { provider, events, eventsPerChunk = 1 }: Operation & { provider: Provider },
  isProxied = false,
): () => Answer {
  const body = provider === 'openai' ? completion : message;
  const whole = [JSON.stringify(isProxied ? { ...body, ...result } : body)];
  const pieces = events === undefined ? whole : streams[provider](events);
  const templates: (Buffer | string)[] = [];
  for (let index = 0; index < pieces.length; index += eventsPerChunk) {
    const together = pieces.slice(index, index + eventsPerChunk);
    templates.push(
      together.every((each) => typeof each === 'string')
        ? together.join('')
        : Buffer.concat(together as Uint8Array[]),
    );
  }
  let answers = 0;
  return () => {
    answers += 1;
    const id = `0000-${answers}`;
    const chunks = templates.map((template) =>
      typeof template === 'string'
        ? encoder.encode(template.replaceAll(idPlace, id))
        : new Uint8Array(template),
    );
    return { id, chunks };
  };
}
