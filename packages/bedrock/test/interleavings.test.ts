import { setTimeout as sleep } from 'node:timers/promises';
import { type BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Receipt } from '@payi/core';
import type { AbandonPolicy } from '@payi/core/adapter';
import { startBedrock } from '@payi/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { createClient, type TransportName, transportNames } from './clients.ts';

const modelId = 'amazon.nova-lite-v1:0';
const usage = { inputTokens: 11, outputTokens: 22, totalTokens: 33 };

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
const clients = new Map<TransportName, BedrockRuntimeClient>();
const receipts: Receipt[] = [];
const unhandled: unknown[] = [];
const noteUnhandled = (error: unknown): void => {
  unhandled.push(error);
};

beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled);
  process.on('uncaughtException', noteUnhandled);
  bedrock = await startBedrock();
  for (const transport of transportNames) {
    const client = createClient({ ...bedrock.clientConfig, maxAttempts: 1 }, transport);
    clients.set(transport, client);
  }
});
afterAll(async () => {
  process.off('unhandledRejection', noteUnhandled);
  process.off('uncaughtException', noteUnhandled);
  for (const client of clients.values()) client.destroy();
  await bedrock.close();
});

/** What the reader does, one after the other; after the last it reads to the end. */
const action = fc.constantFrom('read', 'read', 'read', 'pause', 'break', 'throw', 'abort');
const scenario = fc.record({
  transport: fc.constantFrom(...transportNames),
  pieces: fc.integer({ min: 0, max: 6 }),
  ending: fc.constantFrom('whole', 'exception', 'drop', 'truncated'),
  onAbandon: fc.constantFrom<AbandonPolicy>('close', 'drain', { drainEvents: 2 }),
  actions: fc.array(action, { maxLength: 8 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

function script({ pieces, ending }: Scenario): Parameters<typeof bedrock.answerNext>[0] {
  const text = Array.from({ length: pieces }, (_, index) => ({
    event: 'contentBlockDelta',
    payload: { contentBlockIndex: 0, delta: { text: `piece ${index}` } },
  }));
  const start = { event: 'messageStart', payload: { role: 'assistant' } };
  const end = [
    { event: 'messageStop', payload: { stopReason: 'end_turn' } },
    { event: 'metadata', payload: { usage, metrics: { latencyMs: 1 } } },
  ];
  const exception = { exception: 'modelStreamErrorException', payload: { message: 'broken' } };
  switch (ending) {
    case 'whole':
      return { events: [start, ...text, ...end] };
    case 'exception':
      return { events: [start, ...text, exception] };
    case 'drop':
      return { events: [start, ...text, ...end], faults: { dropAfterEvents: pieces + 1 } };
    case 'truncated':
      return { events: [start, ...text, ...end], faults: { truncateAfterBytes: 300 } };
  }
}

/** @returns The pieces of text that the reader got. */
async function read(client: BedrockRuntimeClient, { actions }: Scenario): Promise<string[]> {
  const leave = new AbortController();
  const got: string[] = [];
  const response = await client.send(
    new ConverseStreamCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
    { abortSignal: leave.signal },
  );
  const steps = [...actions];
  for await (const event of response.stream ?? []) {
    const text = event.contentBlockDelta?.delta?.text;
    if (text !== undefined) got.push(text);
    const step = steps.shift();
    if (step === 'pause') await sleep(3);
    if (step === 'abort') leave.abort();
    if (step === 'break') break;
    if (step === 'throw') throw new Error('the reader threw');
  }
  return got;
}

describe('whatever server and reader do', () => {
  it('leaves exactly one receipt, changes no event and no error, and rejects nothing unseen', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const client = clients.get(given.transport) as BedrockRuntimeClient;
        bedrock.answerNext(script(given));
        const bare = await read(client, given).catch(String);

        receipts.length = 0;
        const registration = registerBedrockClientCallbacks(client, 'ConverseStream', {
          payi: createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) }),
          onAbandon: given.onAbandon,
        });
        bedrock.answerNext(script(given));
        const observed = await read(client, given).catch(String);
        registration.unregister();

        const deadline = performance.now() + 30_000;
        while (receipts.length === 0 && performance.now() < deadline) await sleep(2);
        await sleep(5);
        expect(receipts).toHaveLength(1);
        const [receipt] = receipts;
        if (receipt?.outcome === 'complete') {
          expect(receipt.units).toEqual({ text: { input: 11, output: 22 } });
          expect(given.ending).toBe('whole');
        } else {
          expect(receipt?.outcome).toMatch(/^(partial|failed)$/);
        }
        // An abort races with what is under way, and so does a reader who pauses with the end of the connection:
        // transports throw away what was not read by then. Everything else must go exactly as without us.
        const isRace =
          given.actions.includes('abort') || (given.ending === 'drop' && given.actions.includes('pause'));
        if (!isRace) expect(observed).toEqual(bare);
        expect(unhandled).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });
});
