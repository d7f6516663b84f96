import { randomUUID } from 'node:crypto';
import { EventStreamCodec } from '@smithy/eventstream-codec';

/** What a call asks for, in its question: the local servers answer accordingly. */
export type Wanted = 'a small answer' | `${number} MB` | `${number} events`;

export const wantedEvents = (count: number): Wanted => `${count} events`;

const encoder = new TextEncoder();
const piece = 'a piece of the answer ';
const usage = { input_tokens: 12, output_tokens: 34 };

/** @returns The text of an answer; of `1 MB`, a million characters. */
function textFor(wanted: Wanted): string {
  const megabytes = /^(\d+) MB$/.exec(wanted)?.[1];
  return megabytes === undefined
    ? 'A bottle that knows when you are thirsty.'
    : 'x'.repeat(Number(megabytes) * 1e6);
}

/** @returns How many events are wanted; `undefined`: none, but a body. */
export function eventCount(wanted: Wanted): number | undefined {
  const count = /^(\d+) events$/.exec(wanted)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Makes what is expensive once for each wanted answer. */
function once<Made>(make: (wanted: Wanted) => Made): (wanted: Wanted) => Made {
  const made = new Map<Wanted, Made>();
  return (wanted) => {
    const known = made.get(wanted) ?? make(wanted);
    made.set(wanted, known);
    return known;
  };
}

/** Stands where the id of an answer goes, which differs from call to call. */
const placeholder = randomUUID();

/** @returns What makes copies of these bytes with an id of their own each. */
function withOwnId(writes: readonly Uint8Array[]): () => Uint8Array[] {
  const templates = writes.map((bytes) => ({ bytes, offsets: offsetsOf(placeholder, Buffer.from(bytes)) }));
  return () => {
    const id = randomUUID();
    return templates.map(({ bytes, offsets }) => {
      if (offsets.length === 0) return bytes;
      const copy = Buffer.from(bytes);
      for (const offset of offsets) copy.write(id, offset);
      return copy;
    });
  };
}

function offsetsOf(text: string, bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) offsets.push(at);
  return offsets;
}

const jsonWithOwnId = (body: object): (() => Uint8Array[]) =>
  withOwnId([encoder.encode(JSON.stringify(body))]);

const message = {
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-5',
  stop_reason: 'end_turn',
  usage,
};

const claudeBodies = once((wanted) =>
  jsonWithOwnId({ id: `msg_${placeholder}`, ...message, content: [{ type: 'text', text: textFor(wanted) }] }),
);

/** An answer of Anthropic's messages, also as Bedrock gives it. */
export const claudeBody = (wanted: Wanted): Uint8Array => Buffer.concat(claudeBodies(wanted)());

const openaiBodies = once((wanted) =>
  jsonWithOwnId({
    id: `chatcmpl-${placeholder}`,
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-2024-08-06',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: textFor(wanted) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 },
  }),
);

export const openaiBody = (wanted: Wanted): Uint8Array => Buffer.concat(openaiBodies(wanted)());

/** @returns So many events, those around the text included. */
function claudeEvents(count: number): { type: string }[] {
  return [
    {
      type: 'message_start',
      message: {
        id: `msg_${placeholder}`,
        ...message,
        content: [],
        stop_reason: null,
        usage: { ...usage, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: count - 5 }, () => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: piece },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ] as { type: string }[];
}

function openaiEvents(count: number): object[] {
  const chunk = {
    id: `chatcmpl-${placeholder}`,
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-4o-2024-08-06',
  };
  const delta = (content: object, finish_reason: string | null): object => ({
    ...chunk,
    choices: [{ index: 0, delta: content, logprobs: null, finish_reason }],
    usage: null,
  });
  return [
    ...Array.from({ length: count - 2 }, () => delta({ content: piece }, null)),
    delta({}, 'stop'),
    { ...chunk, choices: [], usage: { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 } },
  ];
}

/** Short streams come event by event; of long ones ten at a time, or the servers would be what is measured. */
function inWrites(pieces: readonly Uint8Array[]): Uint8Array[] {
  const perWrite = pieces.length < 100 ? 1 : 10;
  const writes: Uint8Array[] = [];
  for (let index = 0; index < pieces.length; index += perWrite) {
    writes.push(Buffer.concat(pieces.slice(index, index + perWrite)));
  }
  return writes;
}

const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(typeof bytes === 'string' ? encoder.encode(bytes) : bytes),
  (text) => encoder.encode(text),
);
const header = (value: string) => ({ type: 'string' as const, value });

/** A frame of Amazon's event stream around what Claude says. */
function bedrockFrame(event: object): Uint8Array {
  const payload = { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefghijkl' };
  return codec.encode({
    headers: {
      ':message-type': header('event'),
      ':event-type': header('chunk'),
      ':content-type': header('application/json'),
    },
    body: encoder.encode(JSON.stringify(payload)),
  });
}

const metrics = { inputTokenCount: 12, outputTokenCount: 34, invocationLatency: 812, firstByteLatency: 100 };

/** The writes of a stream of InvokeModelWithResponseStream, whose id is in a header of the answer. */
export const bedrockStream: (wanted: Wanted) => Uint8Array[] = once((wanted) => {
  const events = claudeEvents(eventCount(wanted) ?? 0);
  const last = { ...events.pop(), 'amazon-bedrock-invocationMetrics': metrics };
  return inWrites([...events, last].map(bedrockFrame));
});

const anthropicStreams = once((wanted) =>
  withOwnId(
    inWrites(
      claudeEvents(eventCount(wanted) ?? 0).map((event) =>
        encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
      ),
    ),
  ),
);

/** The writes of a stream of Anthropic's messages. */
export const anthropicStream = (wanted: Wanted): Uint8Array[] => anthropicStreams(wanted)();

const openaiStreams = once((wanted) =>
  withOwnId([
    ...inWrites(
      openaiEvents(eventCount(wanted) ?? 0).map((event) =>
        encoder.encode(`data: ${JSON.stringify(event)}\n\n`),
      ),
    ),
    encoder.encode('data: [DONE]\n\n'),
  ]),
);

/** The writes of a stream of chat completions. */
export const openaiStream = (wanted: Wanted): Uint8Array[] => openaiStreams(wanted)();
