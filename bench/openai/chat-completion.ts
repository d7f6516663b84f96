/**
 * What @payi/openai adds to a chat completion and to each event of a streamed one: processor time and memory over the
 * bare OpenAI client.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/openai/chat-completion.ts
 *
 * Nothing touches the network: `fetch` answers at once, each time with a new response. Building the request, retries and
 * parsing are the SDK's own and run in full. Contestants take turns in short rounds of one process, so that a slow moment
 * of the machine hits all of them. What is printed are medians over the rounds, with the first and the last decile beside
 * them; "over bare" is taken within each round.
 *
 * - Time is `process.cpuUsage()` of the whole process, garbage collection and compilation included.
 * - Memory is what is allocated, by the growth of heap and external memory. It is measured in rounds of its own.
 */
import { createHeaders, createPayi } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';
import { bytesPerCall, microsecondsPerCall } from '../harness/measure.ts';
import { memoryFlags, rerunWithFlags } from '../harness/rerun-with-flags.ts';
import { summarize } from '../harness/summarize.ts';
import { differences, takeTurns } from '../harness/take-turns.ts';

rerunWithFlags(memoryFlags);

const body = {
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content: 'Describe a smart water bottle.' }],
};
const completion = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'A bottle that knows when you are thirsty.' },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 14, completion_tokens: 9, total_tokens: 23 },
});
const eventsPerStream = 1000;
const chunk = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  system_fingerprint: 'fp_1',
};
const event = (data: object): string => `data: ${JSON.stringify({ ...chunk, ...data })}\n\n`;
const events = [
  ...Array.from({ length: eventsPerStream }, (_, index) =>
    event({
      choices: [{ index: 0, delta: { content: ` word${index}` }, logprobs: null, finish_reason: null }],
      usage: null,
    }),
  ),
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null }),
  event({ choices: [], usage: { prompt_tokens: 14, completion_tokens: 1000, total_tokens: 1014 } }),
  'data: [DONE]\n\n',
].map((text) => new TextEncoder().encode(text));

/** @param eventsPerChunk - How many events the network brings at once. */
function createClient(eventsPerChunk: number): OpenAI {
  const chunks: Uint8Array[] = [];
  for (let index = 0; index < events.length; index += eventsPerChunk) {
    chunks.push(new Uint8Array(Buffer.concat(events.slice(index, index + eventsPerChunk))));
  }
  return new OpenAI({
    apiKey: 'sk-not-used',
    fetch: async (_input, init) => {
      if (!String(init?.body).includes('"stream":true')) {
        return new Response(completion, { headers: { 'content-type': 'application/json' } });
      }
      let next = 0;
      const stream = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            const bytes = chunks[next];
            next += 1;
            if (bytes === undefined) controller.close();
            else controller.enqueue(bytes.slice());
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
    },
  });
}

let receipts = 0;
const payi = (route: 'proxy' | 'headers', withReceipts = false) =>
  createPayi({
    route,
    apiKey: 'not-used',
    baseUrl: 'https://payi.example',
    defaults: { useCaseName: 'product_text', userId: 'u-42', limitIds: ['budget'] },
    ...(withReceipts && {
      onReceipt: () => {
        receipts += 1;
      },
    }),
  });
const headers = createHeaders({ userId: 'u-43' });

type Contestants = Record<string, () => Promise<unknown>>;

function calls(): Contestants {
  const call =
    (client: OpenAI, options = {}) =>
    () =>
      client.chat.completions.create(body, options);
  const bare = createClient(1);
  return {
    'bare client': call(bare),
    'route headers, defaults': call(withPayi(createClient(1), { payi: payi('headers') })),
    'route proxy, defaults': call(withPayi(createClient(1), { payi: payi('proxy') })),
    'route proxy, defaults, onReceipt': call(withPayi(createClient(1), { payi: payi('proxy', true) })),
    'bare client, { headers }': call(createClient(1), { headers }),
    'route proxy, { headers }': call(withPayi(createClient(1), { payi: payi('proxy') }), { headers }),
    'bare client again': call(bare),
  };
}

function streams(eventsPerChunk: number): Contestants {
  const read = (client: OpenAI, options: object) => async () => {
    for await (const _ of await client.chat.completions.create({ ...body, stream: true, ...options }));
  };
  const withUsage = { stream_options: { include_usage: true } };
  const bare = createClient(eventsPerChunk);
  return {
    'bare client': read(bare, withUsage),
    'usage asked for by the caller': read(
      withPayi(createClient(eventsPerChunk), { payi: payi('proxy') }),
      withUsage,
    ),
    'usage asked for by us, and hidden': read(
      withPayi(createClient(eventsPerChunk), { payi: payi('proxy') }),
      {},
    ),
    'bare client again': read(bare, withUsage),
  };
}

interface Contest {
  readonly contestants: Contestants;
  readonly rounds: number;
  readonly times: number;
  /** What one run of a contestant consists of. */
  readonly per: number;
  readonly digits: number;
}

async function contest(title: string, { contestants, rounds, times, per, digits }: Contest): Promise<void> {
  const measureTime = (run: () => Promise<unknown>): Promise<number> => microsecondsPerCall(run, times);
  await takeTurns(contestants, Math.ceil(rounds / 4), measureTime);
  const time = await takeTurns(contestants, rounds, measureTime);
  const memory = await takeTurns(contestants, 20, (run) => bytesPerCall(run, times));
  const over = (figures: Record<string, number[]>, name: string): number[] =>
    differences(figures[name] ?? [], figures['bare client'] ?? []).map((figure) => figure / per);
  const each = (figures: readonly number[] = []): number[] => figures.map((figure) => figure / per);
  console.log(title);
  console.table(
    Object.fromEntries(
      Object.keys(contestants).map((name) => [
        name,
        {
          'µs CPU': summarize(each(time[name]), digits),
          'over bare': summarize(over(time, name), digits),
          bytes: summarize(each(memory[name]), 0),
          'over bare ': summarize(over(memory, name), 0),
        },
      ]),
    ),
  );
}

console.log(`Node ${process.version}, canned answers; medians (p10 to p90).`);
await contest('Per call', { contestants: calls(), rounds: 400, times: 25, per: 1, digits: 1 });
for (const eventsPerChunk of [1, 20]) {
  await contest(`Per event, ${eventsPerChunk} in each chunk of the network`, {
    contestants: streams(eventsPerChunk),
    rounds: 60,
    times: 2,
    per: events.length,
    digits: 3,
  });
}
console.log(
  `Goal over bare: at most 15 µs and 5000 bytes per call, 0.5 µs per event. (${receipts} receipts)`,
);
