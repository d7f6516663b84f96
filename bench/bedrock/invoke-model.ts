/**
 * What @payi/bedrock adds to an InvokeModel call: processor time and memory over the bare AWS SDK client.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/bedrock/invoke-model.ts
 *
 * Nothing touches the network: the request handler answers at once, each time with a new response. Serializing, signing,
 * the retry strategy and parsing are the SDK's own and run in full. Contestants take turns in short rounds of one
 * process, so that a slow moment of the machine hits all of them. What is printed are medians over the rounds, with the
 * first and the last decile beside them; "over bare" is taken within each round.
 *
 * - Time is `process.cpuUsage()` of the whole process, garbage collection and compilation included.
 * - Memory is the growth of heap and external memory over a round in which the collector has no reason to run: the young
 *   generation (see `flags`) is larger than what a round allocates, and is emptied before each. Nothing is freed in
 *   between, so growth is allocation. It is measured in rounds of its own.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, createPayi } from '@payi/core';

const flags = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
const [warmUpRounds, timeRounds, memoryRounds] = [100, 400, 30];
/** Short, so that the contestants of one round meet the same machine. */
const callsPerTimeRound = 25;
/** Long, so that what a round costs by itself does not show. */
const callsPerMemoryRound = 100;

if (!flags.every((flag) => process.execArgv.includes(flag))) {
  const script = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, [...flags, ...script], { stdio: 'inherit' }).status ?? 1);
}
const collectGarbage = globalThis.gc as NodeJS.GCFunction;

const modelId = 'anthropic.claude-3-sonnet-20240229';
const body = JSON.stringify({
  prompt: 'Human: Generate a product description for a smart water bottle.\n\nAssistant:',
  temperature: 0.7,
  max_tokens_to_sample: 500,
});
const answer = new TextEncoder().encode(
  JSON.stringify({ completion: ' A bottle that knows when you are thirsty.' }),
);
/** Made once, as an application with a fixed use case would. */
const extraHeaders = createHeaders({
  useCaseName: 'text_generation',
  userId: 'data_scientist_123',
  limitIds: ['aws_budget'],
  requestTags: ['bedrock', 'claude'],
});

let answers = 0;

function createClient(options?: BedrockCallbackOptions): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    requestHandler: {
      handle: async () => {
        answers += 1;
        const headers = {
          'content-type': 'application/json',
          'x-amzn-requestid': '5d3c1f0e-0000-4000-8000-000000000001',
          'x-amzn-bedrock-input-token-count': '19',
          'x-amzn-bedrock-output-token-count': '12',
          'x-amzn-bedrock-invocation-latency': '812',
        };
        return { response: { statusCode: 200, headers, body: answer.slice() } };
      },
    },
  });
  if (options !== undefined) registerBedrockClientCallbacks(client, 'InvokeModel', options);
  return client;
}

const headersRoute = createPayi({ route: 'headers' });
const proxyRoute = createPayi({ route: 'proxy', apiKey: 'not-used', baseUrl: 'https://payi.example' });
let announced = 0;
const callbacks = {
  onRequest: () => {
    announced += 1;
  },
  onResponse: () => {
    announced += 1;
  },
};

/** Each sends one annotated call, save the bare client. */
const contestants: Record<string, () => Promise<unknown>> = {};
function contest(
  name: string,
  client: BedrockRuntimeClient,
  input: { extraHeaders?: typeof extraHeaders },
): void {
  contestants[name] = () => client.send(new InvokeModelCommand({ modelId, body, ...input }));
}
contest('bare client', createClient(), {});
contest('route headers', createClient({ payi: headersRoute }), { extraHeaders });
contest('route proxy', createClient({ payi: proxyRoute }), { extraHeaders });
contest('route headers, onRequest and onResponse', createClient({ payi: headersRoute, ...callbacks }), {
  extraHeaders,
});
contest('route proxy, onRequest and onResponse', createClient({ payi: proxyRoute, ...callbacks }), {
  extraHeaders,
});
contest('bare client again', createClient(), {});

type Measure = (call: () => Promise<unknown>) => Promise<number>;

async function repeat(times: number, call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < times; index += 1) await call();
}

const microsecondsPerCall: Measure = async (call) => {
  const before = process.cpuUsage();
  await repeat(callsPerTimeRound, call);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callsPerTimeRound;
};

const bytesPerCall: Measure = async (call) => {
  collectGarbage();
  const before = process.memoryUsage();
  await repeat(callsPerMemoryRound, call);
  const after = process.memoryUsage();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / callsPerMemoryRound;
};

/** @returns Per contestant one figure per round. */
async function takeTurns(measure: Measure, rounds: number): Promise<Record<string, number[]>> {
  const names = Object.keys(contestants);
  const figures: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time: the first of a round may pay for what was left over.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as string;
      figures[name]?.push(await measure(contestants[name] as () => Promise<unknown>));
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

await takeTurns(microsecondsPerCall, warmUpRounds);
const time = await takeTurns(microsecondsPerCall, timeRounds);
const memory = await takeTurns(bytesPerCall, memoryRounds);
const overBare = (figures: Record<string, number[]>, name: string): number[] =>
  (figures[name] ?? []).map((figure, round) => figure - (figures['bare client']?.[round] ?? 0));

console.log(
  `Node ${process.version}, InvokeModel with a canned answer; medians (p10 to p90) of ${timeRounds} rounds of ` +
    `${callsPerTimeRound} calls for time, ${memoryRounds} of ${callsPerMemoryRound} for memory ` +
    `(${answers} answers, ${announced} callbacks)`,
);
console.table(
  Object.fromEntries(
    Object.keys(contestants).map((name) => [
      name,
      {
        'µs CPU': summary(time[name] ?? [], 0),
        'over bare': summary(overBare(time, name), 1),
        bytes: summary(memory[name] ?? [], 0),
        'over bare ': summary(overBare(memory, name), 0),
      },
    ]),
  ),
);
console.log('Goal over bare: at most 15 µs and 8000 bytes.');
