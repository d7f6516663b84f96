/**
 * What @payi/bedrock adds to large answers and to long streams: processor time over the bare AWS SDK client.
 *
 *     npx --yes pnpm@12.21.0 run build && node bench/bedrock/answers.ts
 *
 * Nothing touches the network: the request handler answers at once. Contestants take turns in rounds of one process, and
 * what is printed are medians over the rounds, with the first and the last decile beside them.
 */
import { Readable } from 'node:stream';
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders, createPayi } from '@payi/core';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { microsecondsPerCall } from '../harness/measure.ts';
import { summarize } from '../harness/summarize.ts';

const modelId = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const extraHeaders = createHeaders({ useCaseName: 'text_generation', userId: 'data_scientist_123' });
const encoder = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(typeof bytes === 'string' ? encoder.encode(bytes) : bytes),
  (text) => encoder.encode(text),
);

const text = (value: string) => ({ type: 'string' as const, value });

function frame(type: string, payload: object): Uint8Array {
  return codec.encode({
    headers: {
      ':message-type': text('event'),
      ':event-type': text(type),
      ':content-type': text('application/json'),
    },
    body: encoder.encode(JSON.stringify(payload)),
  });
}

const chunk = (payload: object): Uint8Array =>
  frame('chunk', { bytes: Buffer.from(JSON.stringify(payload)).toString('base64') });

const events = 10_000;
const piece = 'a piece of text of some length';
const claude = [
  chunk({ type: 'message_start', message: { id: 'm', usage: { input_tokens: 12, output_tokens: 1 } } }),
  ...Array.from({ length: events }, () =>
    chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
  ),
  chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: events } }),
  chunk({
    type: 'message_stop',
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 12, outputTokenCount: events },
  }),
];
const converse = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: events }, () =>
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: piece } }),
  ),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage: { inputTokens: 12, outputTokens: events, totalTokens: events + 12 } }),
];
const large = encoder.encode(JSON.stringify({ completion: 'x'.repeat(20_000_000) }));

function createClient(isRegistered: boolean): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: {
      handle: async ({ path }: { path: string }) => {
        const isStream = path.endsWith('stream');
        return {
          response: {
            statusCode: 200,
            headers: {
              'content-type': isStream ? 'application/vnd.amazon.eventstream' : 'application/json',
              'x-amzn-requestid': '5d3c1f0e-0000-4000-8000-000000000001',
              'x-amzn-bedrock-input-token-count': '12',
              'x-amzn-bedrock-output-token-count': '34',
            },
            body: isStream
              ? Readable.from(path.endsWith('converse-stream') ? converse : claude)
              : large.slice(),
          },
        };
      },
    } as never,
  });
  if (isRegistered) {
    registerBedrockClientCallbacks(
      client,
      ['InvokeModel', 'InvokeModelWithResponseStream', 'ConverseStream'],
      {
        payi: createPayi({ route: 'headers' }),
      },
    );
  }
  return client;
}

const messages = [{ role: 'user' as const, content: [{ text: 'Hi' }] }];
type Send = (client: BedrockRuntimeClient, headers: { extraHeaders?: typeof extraHeaders }) => Promise<void>;
const cases: Record<string, Send> = {
  'InvokeModel, 20 MB': async (client, headers) => {
    await client.send(new InvokeModelCommand({ modelId, body: '{}', ...headers }));
  },
  'InvokeModelWithResponseStream, 10,000 events': async (client, headers) => {
    const { body } = await client.send(
      new InvokeModelWithResponseStreamCommand({ modelId, body: '{}', ...headers }),
    );
    for await (const _ of body ?? []);
  },
  'ConverseStream, 10,000 events': async (client, headers) => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages, ...headers }));
    for await (const _ of stream ?? []);
  },
};

const bare = createClient(false);
const registered = createClient(true);

async function cpuMs(send: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  return (await microsecondsPerCall(send, 1)) / 1000;
}

const rows: Record<string, Record<string, string>> = {};
for (const [name, send] of Object.entries(cases)) {
  const ofBare: number[] = [];
  const ratios: number[] = [];
  const perEvent: number[] = [];
  for (let round = -5; round < 30; round += 1) {
    const first = await cpuMs(() => send(bare, {}));
    const second = await cpuMs(() => send(registered, { extraHeaders }));
    if (round < 0) continue;
    ofBare.push(first);
    ratios.push(second / first);
    perEvent.push(((second - first) * 1000) / events);
  }
  rows[name] = {
    'bare, ms CPU': summarize(ofBare, 1),
    'registered / bare': summarize(ratios, 2),
    'over bare, µs per event': name.includes('events') ? summarize(perEvent, 2) : '',
  };
}
console.log(`Node ${process.version}, canned answers; medians (p10 to p90) of 30 rounds`);
console.table(rows);
