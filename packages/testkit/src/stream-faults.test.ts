import { setTimeout as delay } from 'node:timers/promises';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { eventually } from '../test/eventually.ts';
import type { EventsAnswer } from './bedrock-answer.ts';
import { recordedStream } from './recorded-stream.ts';
import { startBedrock } from './start-bedrock.ts';
import { type StreamEnding, streamFaults } from './stream-faults.ts';

const script: EventsAnswer = {
  events: [
    { event: 'messageStart', payload: { role: 'assistant' } },
    { event: 'contentBlockDelta', payload: { delta: { text: 'Paris' }, contentBlockIndex: 0 } },
    { event: 'messageStop', payload: { stopReason: 'end_turn' } },
    { event: 'metadata', payload: { usage: { inputTokens: 12, outputTokens: 1, totalTokens: 13 } } },
  ],
};
const eventNames = ['messageStart', 'contentBlockDelta', 'messageStop', 'metadata'];
const modelId = 'amazon.nova-lite-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'ping' }] }];

/** The bytes of a stream as they go over the wire. */
async function record(answer: EventsAnswer): Promise<Uint8Array> {
  await using bedrock = await startBedrock();
  bedrock.answerNext(answer);
  const response = await fetch(`${bedrock.url}/model/${modelId}/converse-stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bedrock.bearerToken}` },
    body: JSON.stringify({ messages }),
  });
  return new Uint8Array(await response.arrayBuffer());
}

/** Reads a stream to its end. A stream that should stall is aborted after all earlier events have arrived. */
async function readStream(client: BedrockRuntimeClient, id: string, eventsBeforeStall?: number) {
  const events: string[] = [];
  const giveUp = new AbortController();
  const read = async (): Promise<StreamEnding> => {
    const command = new ConverseStreamCommand({ modelId: id, messages });
    const { stream } = await client.send(command, { abortSignal: giveUp.signal });
    for await (const event of stream ?? []) events.push(...Object.keys(event));
    return 'end';
  };
  const notice = async (): Promise<StreamEnding> => {
    await eventually(() => expect(events).toHaveLength(eventsBeforeStall ?? Infinity));
    await delay(200);
    return 'stall';
  };
  const ending = read().catch((): StreamEnding => 'error');
  try {
    return {
      ending: await (eventsBeforeStall === undefined ? ending : Promise.race([ending, notice()])),
      events,
    };
  } finally {
    giveUp.abort();
  }
}

describe('streamFaults()', () => {
  it('names every fault of a stream once', async () => {
    const totalBytes = (await record(script)).length;
    const names = streamFaults(script).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith('truncated after byte'))).toHaveLength(totalBytes + 1);
    expect(names.filter((name) => name.startsWith('connection lost after byte'))).toHaveLength(
      totalBytes + 1,
    );
    expect(names.filter((name) => name.startsWith('connection lost after event'))).toHaveLength(5);
    expect(names.filter((name) => !/byte \d+$/.test(name))).toMatchInlineSnapshot(`
      [
        "connection lost after event 0",
        "connection lost after event 1",
        "connection lost after event 2",
        "connection lost after event 3",
        "connection lost after event 4",
        "stream reset after event 0",
        "stream reset after event 1",
        "stream reset after event 2",
        "stream reset after event 3",
        "stream reset after event 4",
        "wrong checksum of the prelude of frame 0",
        "wrong checksum of the prelude of frame 1",
        "wrong checksum of the prelude of frame 2",
        "wrong checksum of the prelude of frame 3",
        "wrong checksum of frame 0",
        "wrong checksum of frame 1",
        "wrong checksum of frame 2",
        "wrong checksum of frame 3",
        "event of an unknown type before event 0",
        "event of an unknown type before event 1",
        "event of an unknown type before event 2",
        "event of an unknown type before event 3",
        "event of an unknown type before event 4",
        "modelled exception before event 0",
        "modelled exception before event 1",
        "modelled exception before event 2",
        "modelled exception before event 3",
        "modelled exception before event 4",
        "exception without a model before event 0",
        "exception without a model before event 1",
        "exception without a model before event 2",
        "exception without a model before event 3",
        "exception without a model before event 4",
        "error frame before event 0",
        "error frame before event 1",
        "error frame before event 2",
        "error frame before event 3",
        "error frame before event 4",
        "message of an unknown type before event 0",
        "message of an unknown type before event 1",
        "message of an unknown type before event 2",
        "message of an unknown type before event 3",
        "message of an unknown type before event 4",
        "stalled for ever after event 0",
        "stalled for ever after event 1",
        "stalled for ever after event 2",
        "stalled for ever after event 3",
        "stalled for ever after event 4",
        "stalled for 20 ms after event 0",
        "stalled for 20 ms after event 1",
        "stalled for 20 ms after event 2",
        "stalled for 20 ms after event 3",
        "stalled for 20 ms after event 4",
        "trickling byte by byte",
        "trickling in pieces of 61 bytes, 1 ms apart",
      ]
    `);
  });

  it('strikes at every n-th byte and frame, and at the first and the last', () => {
    const faults = streamFaults(script, { everyNthByte: 300, everyNthFrame: 3 });
    const names = faults.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('truncated'))).toEqual([
      'truncated after byte 0',
      'truncated after byte 300',
      'truncated after byte 547',
    ]);
    expect(names.filter((name) => name.startsWith('modelled'))).toEqual([
      'modelled exception before event 0',
      'modelled exception before event 3',
      'modelled exception before event 4',
    ]);
    expect(() => streamFaults(script, { everyNthByte: 0 })).toThrow(RangeError);
  });

  it('leaves the script as it is', () => {
    const before = structuredClone(script);
    streamFaults(script);
    expect(script).toEqual(before);
  });

  it.each([
    ['http/1.1' as const, () => ({ requestHandler: new NodeHttpHandler() })],
    ['h2' as const, () => ({})],
  ])('says how the AWS client lets each of them end over %s', async (protocol, handler) => {
    const faults = streamFaults(script, { everyNthByte: 5 });
    await using bedrock = await startBedrock({ answer: ({ modelId }) => faults[Number(modelId)]?.answer });
    const remaining = [...faults.entries()];
    const outcomes: Record<string, unknown> = {};
    const work = async (): Promise<void> => {
      for (let next = remaining.shift(); next !== undefined; next = remaining.shift()) {
        const [index, { name, expectations, intactEvents }] = next;
        // Each fault has its own client and connection, because over HTTP/2 a lost connection ends all calls on it.
        const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...handler() });
        outcomes[name] = await readStream(
          client,
          String(index),
          expectations[protocol] === 'stall' ? intactEvents : undefined,
        );
        client.destroy();
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    expect(outcomes).toEqual(
      Object.fromEntries(
        faults.map(({ name, expectations, intactEvents }) => [
          name,
          { ending: expectations[protocol], events: eventNames.slice(0, intactEvents) },
        ]),
      ),
    );
  });
});

describe('recordedStream()', () => {
  it('gives back a recorded body byte for byte, and counts its frames as events', async () => {
    const body = await record(script);
    const recorded = recordedStream(body);
    expect(recorded.events).toHaveLength(4);
    expect(await record(recorded)).toEqual(body);
    expect(streamFaults(recorded).map(({ name }) => name)).toEqual(
      streamFaults(script).map(({ name }) => name),
    );
  });

  it.each([
    ['text', Buffer.from('HTTP is not an event stream'), 0],
    ['a few bytes', Buffer.from([0, 0, 0, 16]), 0],
    ['a length shorter than a frame', Buffer.alloc(16), 0],
  ])('refuses %s', (_what, bytes, at) => {
    expect(() => recordedStream(bytes)).toThrow(`begins at byte ${at} of ${bytes.length}`);
  });

  it('refuses a body that is cut off, and says where', async () => {
    const body = await record(script);
    expect(() => recordedStream(body.subarray(0, -1))).toThrow(/begins at byte \d{3} of \d{3}/);
  });
});
