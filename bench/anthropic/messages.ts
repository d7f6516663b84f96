/**
 * What @payi/anthropic adds to a call and to a streamed event: processor time and memory over the bare client.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/anthropic/messages.ts
 *
 * Nothing touches the network: `fetch` answers at once, each time with a new response. Building the request, retries and
 * parsing are the SDK's own and run in full. Contestants take turns in short rounds of one process, so that a slow moment
 * of the machine hits all of them. What is printed are medians over the rounds, with the first and the last decile beside
 * them; "over bare" is taken within each round.
 *
 * - Time is `process.cpuUsage()` of the whole process, garbage collection and compilation included.
 * - Memory is what is allocated, by the growth of heap and external memory. It is measured in rounds of its own.
 */
import Anthropic from '@anthropic-ai/sdk';
import { withPayi } from '@payi/anthropic';
import { type Annotations, createHeaders, createPayi, type Route } from '@payi/core';
import { bytesPerCall, microsecondsPerCall } from '../harness/measure.ts';
import { memoryFlags, rerunWithFlags } from '../harness/rerun-with-flags.ts';
import { summarize } from '../harness/summarize.ts';
import { differences, takeTurns } from '../harness/take-turns.ts';

rerunWithFlags(memoryFlags);
const [warmUpRounds, timeRounds, memoryRounds] = [60, 300, 30];
/** Short, so that the contestants of one round meet the same machine. */
const callsPerTimeRound = 25;
/** Long, so that what a round costs by itself does not show. */
const callsPerMemoryRound = 100;
const eventsPerStream = 2000;
const eventsPerChunk = 10;

const question = {
  model: 'claude-opus-4-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Generate a product description for a smart water bottle.' }],
};
const annotations: Annotations = {
  useCaseName: 'text_generation',
  userId: 'data_scientist_123',
  limitIds: ['anthropic_budget'],
  requestTags: ['claude'],
};
/** Made once, as an application with a fixed use case would. */
const headers = createHeaders(annotations);

const message = {
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: question.model,
  content: [{ type: 'text', text: 'A bottle that knows when you are thirsty.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 12, output_tokens: 34 },
};
const answer = JSON.stringify(message);
const encoder = new TextEncoder();
const chunks = streamChunks();
let answers = 0;

/** A new answer each time, as a stream would bring it: several events in a chunk. */
const fetchCanned: typeof fetch = async (_url, init) => {
  answers += 1;
  if (!String(init?.body).includes('"stream":true')) {
    return new Response(answer, { headers: { 'content-type': 'application/json', 'request-id': 'req_01' } });
  }
  let next = 0;
  const body = new ReadableStream({
    pull(controller) {
      const chunk = chunks[next];
      next += 1;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};

function streamChunks(): Uint8Array[] {
  const events = [
    {
      type: 'message_start',
      message: { ...message, content: [], usage: { input_tokens: 12, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: eventsPerStream - 5 }, (_, index) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: `piece ${index} of the answer ` },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 34 } },
    { type: 'message_stop' },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < events.length; index += eventsPerChunk) {
    pieces.push(encoder.encode(events.slice(index, index + eventsPerChunk).join('')));
  }
  return pieces;
}

function createClient(route?: Route, defaults?: Annotations): Anthropic {
  const client = new Anthropic({ apiKey: 'not-used', fetch: fetchCanned });
  if (route === undefined) return client;
  const payi = createPayi({
    route,
    apiKey: 'not-used',
    baseUrl: 'https://payi.example',
    ...(defaults && { defaults }),
  });
  return withPayi(client, { payi });
}

type Contest = Record<string, () => Promise<unknown>>;

const call =
  (client: Anthropic, options = {}) =>
  () =>
    client.messages.create(question, options);
const bare = createClient();
const calls: Contest = {
  bare: call(bare),
  'bare, headers with the call': call(bare, { headers }),
  'route headers, annotations from defaults': call(createClient('headers', annotations)),
  'route proxy, annotations from defaults': call(createClient('proxy', annotations)),
  'route headers, annotations with the call': call(createClient('headers'), { headers }),
  'route proxy, annotations with the call': call(createClient('proxy'), { headers }),
  'bare again': call(createClient()),
};

const read = (client: Anthropic) => async () => {
  const stream = await client.messages.create({ ...question, stream: true });
  for await (const _ of stream);
};
const streams: Contest = {
  bare: read(bare),
  'route headers': read(createClient('headers', annotations)),
  'route proxy': read(createClient('proxy', annotations)),
  'bare again': read(createClient()),
};

function overBare(figures: Record<string, number[]>, name: string): number[] {
  return differences(figures[name] ?? [], figures.bare ?? []);
}

type Call = () => Promise<unknown>;
const measureCall = (call: Call): Promise<number> => microsecondsPerCall(call, callsPerTimeRound);
const measureStream = (stream: Call): Promise<number> => microsecondsPerCall(stream, 1);

await takeTurns(calls, warmUpRounds, measureCall);
const time = await takeTurns(calls, timeRounds, measureCall);
const memory = await takeTurns(calls, memoryRounds, (call) => bytesPerCall(call, callsPerMemoryRound));
await takeTurns(streams, warmUpRounds / 4, measureStream);
const streamed = await takeTurns(streams, timeRounds / 2, measureStream);

console.log(
  `Node ${process.version}, messages.create() with a canned answer; medians (p10 to p90) of ${timeRounds} rounds of ` +
    `${callsPerTimeRound} calls for time, ${memoryRounds} of ${callsPerMemoryRound} for memory (${answers} answers)`,
);
console.table(
  Object.fromEntries(
    Object.keys(calls).map((name) => [
      name,
      {
        'µs CPU': summarize(time[name] ?? [], 0),
        'over bare': summarize(overBare(time, name), 1),
        bytes: summarize(memory[name] ?? [], 0),
        'over bare ': summarize(overBare(memory, name), 0),
      },
    ]),
  ),
);
console.log('Goal over bare, annotations from defaults: at most 15 µs and 5000 bytes.');
console.log(`Streams of ${eventsPerStream} events, ${eventsPerChunk} in a chunk; per event:`);
console.table(
  Object.fromEntries(
    Object.keys(streams).map((name) => [
      name,
      {
        'µs CPU': summarize(
          (streamed[name] ?? []).map((figure) => figure / eventsPerStream),
          2,
        ),
        'over bare': summarize(
          overBare(streamed, name).map((figure) => figure / eventsPerStream),
          3,
        ),
      },
    ]),
  ),
);
console.log('Goal over bare: at most 0.5 µs per event.');
