import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../test/eventually.ts';
import type { BedrockAnswer } from './bedrock-answer.ts';
import { type RunningBedrock, startBedrock } from './start-bedrock.ts';

let bedrock: RunningBedrock;
beforeEach(async () => {
  bedrock = await startBedrock();
});
afterEach(() => bedrock.close());

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'ping' }] }];

describe.each([
  ['HTTP/2', () => ({})],
  ['HTTP/1.1', () => ({ requestHandler: new NodeHttpHandler() })],
])('an answer over %s', (protocol, handler) => {
  let client: BedrockRuntimeClient;
  beforeEach(() => {
    client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...handler() });
  });
  afterEach(() => client.destroy());

  const converse = () => client.send(new ConverseCommand({ modelId, messages }));

  /** The pieces of text that a stream yields, and its end. The caller aborts some time after piece `leaveAfter`. */
  async function stream(answer: BedrockAnswer, leaveAfter?: number) {
    bedrock.answerNext(answer);
    const pieces: string[] = [];
    const leave = new AbortController();
    try {
      const command = new ConverseStreamCommand({ modelId, messages });
      const output = await client.send(command, { abortSignal: leave.signal });
      for await (const event of output.stream ?? []) {
        pieces.push(event.contentBlockDelta?.delta?.text ?? Object.keys(event)[0] ?? '');
        if (pieces.length === leaveAfter) setTimeout(() => leave.abort(), 100);
      }
      return { pieces };
    } catch (error) {
      return { pieces, error: error as Error };
    }
  }

  const outcome = () => {
    const { answered, eventsWritten } = bedrock.requests[0] ?? {};
    return { answered, eventsWritten };
  };

  it('arrives whole, and the record says so', async () => {
    const { pieces } = await stream({ chunks: ['a', 'b'] });
    expect(pieces).toEqual(['messageStart', 'a', 'b', 'contentBlockStop', 'messageStop', 'metadata']);
    await eventually(() => expect(outcome()).toEqual({ answered: 'complete', eventsWritten: 6 }));
  });

  it('waits before its first byte and between its events', async () => {
    const startedAt = performance.now();
    bedrock.answerNext({ chunks: ['a', 'b'], delayMs: 60, chunkDelayMs: 40 });
    const output = await client.send(new ConverseStreamCommand({ modelId, messages }));
    const times: number[] = [];
    for await (const _event of output.stream ?? []) times.push(performance.now() - startedAt);
    // Timers may fire up to a millisecond early; and late, so that only sums can be relied on.
    expect(times[0]).toBeGreaterThanOrEqual(59);
    expect(times[5]).toBeGreaterThanOrEqual(59 + 5 * 39);
  });

  it('ends within a frame when it is truncated', async () => {
    const { pieces, error } = await stream({ chunks: ['a', 'b'], faults: { truncateAfterBytes: 300 } });
    expect(pieces).toEqual(['messageStart', 'a']);
    expect(error?.message).toContain('Truncated event message received');
  });

  it('ends within its JSON when it is truncated', async () => {
    bedrock.answerNext({ faults: { truncateAfterBytes: 20 } });
    await expect(converse()).rejects.toThrow(SyntaxError);
  });

  it('loses its connection after some events', async () => {
    const { pieces, error } = await stream({ chunks: ['a', 'b', 'c'], faults: { dropAfterEvents: 2 } });
    expect(pieces).toEqual(['messageStart', 'a']);
    // The SDK's HTTP/2 handler takes a reset for the end of the stream.
    if (protocol === 'HTTP/1.1') expect(error?.message).toBe('aborted');
    expect(outcome()).toEqual({ answered: 'aborted', eventsWritten: 2 });
  });

  it('never begins when its connection is lost at once', async () => {
    bedrock.answerNext({ faults: { dropAfterEvents: 0 } });
    await expect(converse()).rejects.toThrow();
    expect(outcome()).toEqual({ answered: 'aborted', eventsWritten: 0 });
  });

  it('stalls until the caller gives up', async () => {
    const { pieces, error } = await stream({ faults: { stallAfterEvents: 3 } }, 3);
    expect(pieces).toEqual(['messageStart', 'This', ' is']);
    if (protocol === 'HTTP/1.1') expect(error).toBeDefined();
    client.destroy();
    await eventually(() => expect(outcome()).toEqual({ answered: 'aborted', eventsWritten: 3 }));
  });

  it('goes on after a stall that is bounded', async () => {
    const startedAt = performance.now();
    const { pieces } = await stream({ chunks: ['a'], faults: { stallAfterBytes: 200, stallMs: 80 } });
    expect(pieces).toEqual(['messageStart', 'a', 'contentBlockStop', 'messageStop', 'metadata']);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79);
  });

  it('arrives whole in pieces, and counts as events what was sent whole', async () => {
    const faults = { pieceBytes: 7, stallAfterBytes: 300 };
    const { pieces } = await stream({ chunks: ['a', 'b'], faults }, 2);
    expect(pieces).toEqual(['messageStart', 'a']);
    expect(outcome().eventsWritten).toBe(2);
  });

  it('stops when the caller leaves in the middle of it', async () => {
    bedrock.answerNext({ chunks: Array(1000).fill('a'), chunkDelayMs: 5 });
    const reader = await openStream(protocol);
    await once(reader.body, 'readable');
    await eventually(() => expect(outcome().eventsWritten).toBeGreaterThan(3));
    reader.leave();
    await eventually(() => expect(outcome().answered).toBe('aborted'));
    const { eventsWritten } = outcome();
    await delay(100);
    expect(outcome().eventsWritten).toBe(eventsWritten);
  });

  it('is not begun when the caller left before it was decided', async () => {
    await bedrock.close();
    let decide = (_answer: BedrockAnswer): void => {};
    bedrock = await startBedrock({ answer: () => new Promise((resolve) => (decide = resolve)) });
    const reader = openStream(protocol);
    reader.catch(() => {});
    await eventually(() => expect(bedrock.requests).toHaveLength(1));
    // Over HTTP/2 the connection outlives a call; closing the server's end is what both protocols have in common.
    await bedrock.close();
    decide({ delayMs: 60_000 });
    await eventually(() => expect(outcome()).toEqual({ answered: 'aborted', eventsWritten: 0 }));
    await expect(reader).rejects.toThrow();
  });

  it('goes no faster than its reader', async () => {
    const piece = 'x'.repeat(10_000);
    bedrock.answerNext({ chunks: Array(2000).fill(piece) });
    const reader = await openStream(protocol);
    await once(reader.body, 'readable');
    let before = -1;
    while (before !== outcome().eventsWritten) {
      before = outcome().eventsWritten ?? 0;
      await delay(200);
    }
    // 20 MB in total. The buffers of two sockets are in flight.
    expect(before).toBeLessThan(1500);
    expect(outcome().answered).toBe('pending');

    let bytes = 0;
    for await (const chunk of reader.body) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(2000 * 10_000);
    await eventually(() => expect(outcome()).toEqual({ answered: 'complete', eventsWritten: 2004 }));
    reader.leave();
  });

  it('is cut short when the server closes', async () => {
    bedrock.answerNext({ delayMs: 60_000 });
    const call = converse();
    call.catch(() => {});
    await eventually(() => expect(bedrock.requests).toHaveLength(1));
    await bedrock.close();
    await expect(call).rejects.toThrow();
    await eventually(() => expect(outcome().answered).toBe('aborted'));
  });
});

it.each([
  ['stream' as const, false],
  ['connection' as const, true],
])('a lost %s over HTTP/2: the other calls on its connection are lost too: %s', async (dropScope, isLost) => {
  bedrock.answerNext(
    { chunks: ['a', 'b'], chunkDelayMs: 60_000 },
    { faults: { dropAfterEvents: 1, dropScope } },
  );
  const session = http2.connect(bedrock.url);
  session.on('error', () => {});
  const call = () => {
    const headers = { authorization: `Bearer ${bedrock.bearerToken}` };
    const path = `/model/${modelId}/converse-stream`;
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    stream.on('error', () => {}).end(JSON.stringify({ messages }));
    return stream.resume();
  };
  const bystander = call();
  await once(bystander, 'data');
  await new Promise((resolve) => call().once('close', resolve));
  await delay(100);
  await eventually(() => expect(bystander.closed).toBe(isLost));
  session.destroy();
});

/** A ConverseStream call without the SDK, which reads ahead and never leaves early. */
async function openStream(protocol: string): Promise<{ body: Readable; leave(): void }> {
  const path = `/model/${modelId}/converse-stream`;
  const headers = { authorization: `Bearer ${bedrock.bearerToken}` };
  const payload = JSON.stringify({ messages });
  if (protocol === 'HTTP/1.1') {
    const request = http.request(`${bedrock.url}${path}`, { method: 'POST', headers, agent: false });
    request.end(payload);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { body: response, leave: () => request.destroy() };
  }
  const session = http2.connect(bedrock.url);
  const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
  stream.end(payload);
  const closed = once(stream, 'close').then(() => Promise.reject(new Error('closed')));
  await Promise.race([once(stream, 'response'), closed]);
  return { body: stream, leave: () => session.destroy() };
}
