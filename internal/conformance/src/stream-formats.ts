import type { Units } from '@payi/core';
import { expect } from 'vitest';
import { eventBytes } from '../../../packages/testkit/src/render-events.ts';

/** One event as it is written: text of server-sent events, or a frame of AWS. */
export type WireEvent = string | Uint8Array;

/** The stream of an operation, in the order in which its parts are sent. */
export interface StreamFormat {
  readonly contentType: string;
  /** Events before the first content. */
  readonly opening: readonly WireEvent[];
  /** An event with content. */
  text(piece: string): WireEvent;
  /** Events until the model has stopped. The SDK shows these, the opening and the content to its caller. */
  readonly stop: readonly WireEvent[];
  /** Events after that. */
  readonly closing: readonly WireEvent[];
  /** Whether an event as the caller gets it says that the model has stopped. */
  isStop(event: unknown): boolean;
  readonly stopReason: string;
  /** The counts of a whole stream. */
  readonly units: Units;
  /** Those of them that the opening has. */
  readonly earlyUnits: Units;
  /** Whether the counts come after the event that says that the model has stopped. */
  readonly countsFollowStop: boolean;
  /** The provider breaks off: what it sends, what the SDK throws, and what the receipt calls it. */
  readonly error: { readonly event: WireEvent; readonly thrown: object; readonly failure: string | RegExp };
}

/** The whole stream of an answer. */
export const wholeStream = (
  { opening, text, stop, closing }: StreamFormat,
  pieces: readonly string[],
): WireEvent[] => [...opening, ...pieces.map((piece) => text(piece)), ...stop, ...closing];

const sse = (data: unknown, type?: string): string =>
  `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`;
const typedSse = (event: { readonly type: string; readonly [member: string]: unknown }): string =>
  sse(event, event.type);

type MessageEvent = Parameters<typeof typedSse>[0];

/** The events of Anthropic's Messages API, which Bedrock's InvokeModel passes on in frames of its own. */
function messages(
  encode: (event: MessageEvent) => WireEvent,
  typeOf: (event: unknown) => string,
): Omit<StreamFormat, 'contentType' | 'error'> {
  const usage = {
    input_tokens: 12,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 100,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 80 },
    output_tokens: 1,
  };
  const message = {
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-4-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const earlyUnits = {
    text: { input: 12 },
    text_cache_read: { input: 1000 },
    text_cache_write: { input: 20 },
    text_cache_write_1h: { input: 80 },
  };
  const delta = { stop_reason: 'end_turn', stop_sequence: null };
  return {
    opening: [
      encode({ type: 'message_start', message }),
      encode({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ],
    text: (text) => encode({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    stop: [
      encode({ type: 'content_block_stop', index: 0 }),
      encode({ type: 'message_delta', delta, usage: { output_tokens: 345 } }),
    ],
    closing: [encode({ type: 'message_stop' })],
    isStop: (event) => typeOf(event) === 'message_delta',
    stopReason: 'end_turn',
    earlyUnits,
    units: { ...earlyUnits, text: { input: 12, output: 345 } },
    countsFollowStop: false,
  };
}

const eventStream = 'text/event-stream; charset=utf-8';
const frames = 'application/vnd.amazon.eventstream';
const typeOf = (event: unknown): string => (event as { type: string }).type;

export const anthropicStream: StreamFormat = {
  ...messages(typedSse, typeOf),
  contentType: eventStream,
  error: {
    event: typedSse({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    thrown: { error: { error: { type: 'overloaded_error' } } },
    failure: 'overloaded_error',
  },
};

const throttled = {
  event: eventBytes({ exception: 'throttlingException', payload: { message: 'slow down' } }),
  failure: 'ThrottlingException',
};
const chunk = (event: object): Uint8Array => eventBytes({ chunk: event });
const typeOfChunk = (event: unknown): string => {
  const { bytes } = (event as { chunk: { bytes: Uint8Array } }).chunk;
  return typeOf(JSON.parse(new TextDecoder().decode(bytes)));
};

export const invokeStream: StreamFormat = {
  ...messages(chunk, typeOfChunk),
  contentType: frames,
  error: { ...throttled, thrown: { name: 'ThrottlingException' } },
};

/** Frames of InvokeModel, which the SDK of Anthropic unwraps. */
export const anthropicOnBedrockStream: StreamFormat = {
  ...messages(chunk, typeOf),
  contentType: frames,
  // Newer versions of the SDK pass the frame on as an error event of Anthropic's.
  error: {
    ...throttled,
    thrown: { message: expect.stringContaining('slow down') },
    failure: /^throttlingexception$/i,
  },
};

const converse = (event: string, payload: object): Uint8Array => eventBytes({ event, payload });

export const converseStream: StreamFormat = {
  contentType: frames,
  opening: [converse('messageStart', { role: 'assistant' })],
  text: (text) => converse('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }),
  stop: [
    converse('contentBlockStop', { contentBlockIndex: 0 }),
    converse('messageStop', { stopReason: 'end_turn' }),
  ],
  closing: [
    converse('metadata', {
      usage: { inputTokens: 12, outputTokens: 345, totalTokens: 357 },
      metrics: { latencyMs: 1 },
    }),
  ],
  isStop: (event) => 'messageStop' in (event as object),
  stopReason: 'end_turn',
  units: { text: { input: 12, output: 345 } },
  earlyUnits: {},
  countsFollowStop: true,
  error: { ...throttled, thrown: { name: 'ThrottlingException' } },
};

const chatChunk = (more: object): string =>
  sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-2024-08-06', ...more });
const choice = (delta: object, finish_reason: string | null = null): string =>
  chatChunk({ choices: [{ index: 0, delta, finish_reason }] });
const openaiUnits = {
  text: { input: 60, output: 30 },
  text_cache_read: { input: 40 },
  reasoning: { output: 20 },
};

export const chatStream: StreamFormat = {
  contentType: eventStream,
  opening: [choice({ role: 'assistant', content: '' })],
  text: (content) => choice({ content }),
  stop: [choice({}, 'stop')],
  closing: [
    chatChunk({
      choices: [],
      usage: {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 40 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
    }),
    'data: [DONE]\n\n',
  ],
  isStop: (event) =>
    (event as { choices: { finish_reason: string | null }[] }).choices[0]?.finish_reason === 'stop',
  stopReason: 'stop',
  units: openaiUnits,
  earlyUnits: {},
  countsFollowStop: true,
  error: {
    event: sse({ error: { message: 'slow down', type: 'server_error', code: 'rate_limited' } }),
    thrown: { code: 'rate_limited' },
    failure: 'rate_limited',
  },
};

const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-4o-2024-08-06',
  error: null,
  incomplete_details: null,
  parallel_tool_calls: true,
  tools: [],
};
const item = { item_id: 'msg_1', output_index: 0, content_index: 0 };

export const responseStream: StreamFormat = {
  contentType: eventStream,
  opening: [
    typedSse({
      type: 'response.created',
      sequence_number: 0,
      response: { ...response, status: 'in_progress', output: [], usage: null },
    }),
    typedSse({
      type: 'response.output_item.added',
      sequence_number: 1,
      output_index: 0,
      item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] },
    }),
  ],
  text: (delta) =>
    typedSse({ type: 'response.output_text.delta', sequence_number: 2, ...item, delta, logprobs: [] }),
  stop: [
    typedSse({
      type: 'response.completed',
      sequence_number: 3,
      response: {
        ...response,
        status: 'completed',
        output: [],
        usage: {
          input_tokens: 100,
          input_tokens_details: { cached_tokens: 40 },
          output_tokens: 50,
          output_tokens_details: { reasoning_tokens: 20 },
          total_tokens: 150,
        },
      },
    }),
  ],
  closing: [],
  isStop: (event) => typeOf(event) === 'response.completed',
  stopReason: 'completed',
  units: openaiUnits,
  earlyUnits: {},
  countsFollowStop: false,
  error: {
    event: typedSse({ type: 'error', error: { message: 'slow down', code: 'rate_limited' } }),
    thrown: { code: 'rate_limited' },
    failure: 'rate_limited',
  },
};

const geminiChunk = (parts: readonly object[], more: object, usageMetadata: object): string =>
  `data: ${JSON.stringify({
    candidates: [{ content: { role: 'model', parts }, index: 0, ...more }],
    usageMetadata,
    modelVersion: 'gemini-2.5-flash',
    responseId: 'resp_1',
  })}\r\n\r\n`;

export const geminiStream: StreamFormat = {
  contentType: eventStream,
  opening: [],
  text: (text) => geminiChunk([{ text }], {}, { trafficType: 'ON_DEMAND' }),
  stop: [
    geminiChunk(
      [{ text: '' }],
      { finishReason: 'STOP' },
      {
        promptTokenCount: 100,
        cachedContentTokenCount: 40,
        candidatesTokenCount: 30,
        thoughtsTokenCount: 20,
        totalTokenCount: 150,
        trafficType: 'ON_DEMAND',
      },
    ),
  ],
  closing: [],
  isStop: (event) => 'finishReason' in ((event as { candidates: object[] }).candidates[0] ?? {}),
  stopReason: 'STOP',
  units: openaiUnits,
  earlyUnits: {},
  countsFollowStop: false,
  error: {
    event: `data: ${JSON.stringify({ error: { code: 503, message: 'slow down', status: 'UNAVAILABLE' } })}\r\n\r\n`,
    thrown: { status: 503, message: expect.stringContaining('slow down') },
    failure: 'UNAVAILABLE',
  },
};
