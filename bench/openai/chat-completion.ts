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
 * - Memory is the growth of heap and external memory over a round in which the collector has no reason to run (see
 *   `flags`). Nothing is freed in between, so growth is allocation. It is measured in rounds of its own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createHeaders, createPayi } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';

const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
if (!flags.every((flag) => process.execArgv.includes(flag))) {
  const script = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, [...flags, ...script], { stdio: 'inherit' }).status ?? 1);
}
const collectGarbage = globalThis.gc as NodeJS.GCFunction;

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

type Measure = (call: () => Promise<unknown>, times: number) => Promise<number>;

const microseconds: Measure = async (call, times) => {
  const before = process.cpuUsage();
  for (let index = 0; index < times; index += 1) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
};

const bytes: Measure = async (call, times) => {
  collectGarbage();
  const before = process.memoryUsage();
  for (let index = 0; index < times; index += 1) await call();
  const after = process.memoryUsage();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / times;
};

/** @returns Per contestant one figure per round. */
async function takeTurns(
  contestants: Contestants,
  measure: Measure,
  rounds: number,
  times: number,
): Promise<Record<string, number[]>> {
  const names = Object.keys(contestants);
  const figures: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time: the first of a round may pay for what was left over.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as string;
      figures[name]?.push(await measure(contestants[name] as () => Promise<unknown>, times));
    }
  }
  return figures;
}

function summary(figures: readonly number[], digits: number): string {
  const sorted = figures.toSorted((a, b) => a - b);
  const quantile = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(digits);
  return `${quantile(0.5)} (${quantile(0.1)} to ${quantile(0.9)})`;
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
  await takeTurns(contestants, microseconds, Math.ceil(rounds / 4), times);
  const time = await takeTurns(contestants, microseconds, rounds, times);
  const memory = await takeTurns(contestants, bytes, 20, times);
  const over = (figures: Record<string, number[]>, name: string): number[] =>
    (figures[name] ?? []).map((figure, round) => (figure - (figures['bare client']?.[round] ?? 0)) / per);
  const each = (figures: readonly number[] = []): number[] => figures.map((figure) => figure / per);
  console.log(title);
  console.table(
    Object.fromEntries(
      Object.keys(contestants).map((name) => [
        name,
        {
          'µs CPU': summary(each(time[name]), digits),
          'over bare': summary(over(time, name), digits),
          bytes: summary(each(memory[name]), 0),
          'over bare ': summary(over(memory, name), 0),
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
