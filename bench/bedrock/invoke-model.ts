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
 * - Memory is what is allocated, by the growth of heap and external memory. It is measured in rounds of its own.
 */
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, createPayi } from '@payi/core';
import { bytesPerCall, microsecondsPerCall } from '../harness/measure.ts';
import { memoryFlags, rerunWithFlags } from '../harness/rerun-with-flags.ts';
import { summarize } from '../harness/summarize.ts';
import { differences, takeTurns } from '../harness/take-turns.ts';

rerunWithFlags(memoryFlags);
const [warmUpRounds, timeRounds, memoryRounds] = [100, 400, 30];
/** Short, so that the contestants of one round meet the same machine. */
const callsPerTimeRound = 25;
/** Long, so that what a round costs by itself does not show. */
const callsPerMemoryRound = 100;

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

const measureTime = (call: () => Promise<unknown>): Promise<number> =>
  microsecondsPerCall(call, callsPerTimeRound);
await takeTurns(contestants, warmUpRounds, measureTime);
const time = await takeTurns(contestants, timeRounds, measureTime);
const memory = await takeTurns(contestants, memoryRounds, (call) => bytesPerCall(call, callsPerMemoryRound));
const overBare = (figures: Record<string, number[]>, name: string): number[] =>
  differences(figures[name] ?? [], figures['bare client'] ?? []);

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
        'µs CPU': summarize(time[name] ?? [], 0),
        'over bare': summarize(overBare(time, name), 1),
        bytes: summarize(memory[name] ?? [], 0),
        'over bare ': summarize(overBare(memory, name), 0),
      },
    ]),
  ),
);
console.log('Goal over bare: at most 15 µs and 8000 bytes.');
