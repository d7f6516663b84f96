/**
 * How long a call takes on route `direct` while Pay-i is well, down, slow or answering 500, side by side with a client
 * without Pay-i.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/delivery/calls.ts
 *
 * All clients call one local Bedrock, which runs in a process of its own, in turns whose order changes each time. A second
 * client without Pay-i tells what the machine does by itself, one on route `headers` what annotating and observing take
 * without any delivery. Times are from `send` to its result, in milliseconds: median, and last percentile.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, type Payi } from '@payi/core';
import { type IngestFault, startBedrock, startPayi } from '@payi/testkit';

const states: Readonly<Record<string, IngestFault | undefined>> = {
  well: undefined,
  'answering 500': { status: 500 },
  'slow (2 s)': { delayMs: 2000 },
  'breaking connections': { reset: 'before-commit' },
};
const [warmUpCalls, callsPerState] = [200, 800];

if (process.argv[2] === 'server') await serve();
else await measure();

async function serve(): Promise<void> {
  let fault: IngestFault | undefined;
  const bedrock = await startBedrock({ verifySignatures: false });
  const payi = await startPayi({ ingestFaults: () => fault });
  process.on('message', (state: string) => {
    fault = states[state];
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ config: bedrock.clientConfig, url: payi.url, apiKey: payi.apiKey });
}

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ['server']);
  const [{ config, url, apiKey }] = await once(server, 'message');
  const contestant = (payi?: Payi): BedrockRuntimeClient => {
    const client = new BedrockRuntimeClient(config);
    if (payi !== undefined) registerBedrockClientCallbacks(client, 'Converse', { payi });
    return client;
  };
  for (const state of [...Object.keys(states), 'down (nobody listens)']) {
    server.send(state);
    const payi = createPayi({
      route: 'direct',
      baseUrl: state.startsWith('down') ? 'http://127.0.0.1:9' : url,
      apiKey,
      onDiagnostic: () => {},
      delivery: { intervalMs: 50, minRetryMs: 20, maxRetryMs: 500 },
    });
    const contestants = Object.entries({
      bare: contestant(),
      'bare again': contestant(),
      headers: contestant(createPayi({ route: 'headers' })),
      direct: contestant(payi),
    }).map(([name, client]) => ({ name, client, times: [] as number[] }));
    for (let call = 0; call < warmUpCalls + callsPerState; call += 1) {
      const first = call % contestants.length;
      for (const { client, times } of [...contestants.slice(first), ...contestants.slice(0, first)]) {
        const took = await time(client);
        if (call >= warmUpCalls) times.push(took);
      }
    }
    await payi.close({ timeoutMs: 50 });
    for (const { client } of contestants) client.destroy();
    const summaries = contestants.map(({ name, times }) => `${name} ${summary(times)}`);
    process.stdout.write(`${state.padEnd(24)} ${summaries.join('   ')}\n`);
  }
  server.disconnect();
}

async function time(client: BedrockRuntimeClient): Promise<number> {
  const command = new ConverseCommand({
    modelId: 'anthropic.claude-3-sonnet-20240229',
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  });
  const startedAt = performance.now();
  await client.send(command);
  return performance.now() - startedAt;
}

function summary(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(2);
  return `${at(0.5)} (${at(0.99)})`;
}
