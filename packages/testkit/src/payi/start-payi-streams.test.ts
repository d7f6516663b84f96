import { once } from 'node:events';
import * as http2 from 'node:http2';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { untilQuiet } from '../../test/until-quiet.ts';
import {
  answerStream,
  chunkFrame,
  chunkOf,
  decodeFrames,
  eventFrame,
  exceptionFrame,
  open,
  type PlainAnswer,
  payloadOf,
  type ScriptedProvider,
  send,
  splitFrames,
  startProvider,
} from './__fixtures__/start-payi-provider.ts';
import { type RunningPayi, startPayi } from './start-payi.ts';

const sonnet = 'anthropic.claude-3-sonnet-20240229-v1:0';

let provider: ScriptedProvider;
let payi: RunningPayi;

beforeEach(async () => {
  provider = await startProvider();
  payi = await startPayi();
});

afterEach(async () => {
  await payi.close();
  await provider.close();
});

function url(action: string): string {
  return `${payi.url}/api/v1/proxy/aws.bedrock/model/${encodeURIComponent(sonnet)}/${action}`;
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { 'xProxy-Api-Key': payi.apiKey, 'xProxy-Provider-BaseUri': provider.url, ...more };
}

describe('startPayi() and streamed answers', () => {
  describe('InvokeModelWithResponseStream', () => {
    const chunks = [
      chunkFrame({ completion: 'Hello' }),
      chunkFrame({ completion: ' world' }),
      chunkFrame({
        completion: '',
        'amazon-bedrock-invocationMetrics': { inputTokenCount: 1000, outputTokenCount: 100 },
      }),
    ];
    const stream = (): Promise<PlainAnswer> => send(url('invoke-with-response-stream'), headers());

    it('carries the result in the chunk with the invocation metrics', async () => {
      provider.answer = answerStream(...chunks);
      const answer = await stream();
      const frames = splitFrames(answer.body);
      expect(frames.slice(0, 2)).toEqual(chunks.slice(0, 2).map((chunk) => Buffer.from(chunk)));
      const last = decodeFrames(answer.body)[2] as ReturnType<typeof decodeFrames>[number];
      expect(payloadOf(last).p).toBe('abcdefghij');
      expect(last.headers[':event-type']).toEqual({ type: 'string', value: 'chunk' });
      expect(chunkOf(last)).toEqual({
        completion: '',
        'amazon-bedrock-invocationMetrics': { inputTokenCount: 1000, outputTokenCount: 100 },
        xproxy_result: expect.objectContaining({
          cost: {
            currency: 'usd',
            input: { base: 0.003 },
            output: { base: 0.0015 },
            total: { base: 0.0045 },
          },
        }),
      });
      expect(payi.ledger).toMatchObject([
        { operation: 'InvokeModelWithResponseStream', outcome: 'ok', providerStatus: 200 },
      ]);
    });

    it('passes what follows that chunk as it is', async () => {
      provider.answer = answerStream(...chunks, chunkFrame({ late: true }));
      const frames = decodeFrames((await stream()).body);
      expect(chunkOf(frames[2] as (typeof frames)[number])).toHaveProperty('xproxy_result');
      expect(chunkOf(frames[3] as (typeof frames)[number])).toEqual({ late: true });
    });

    it('carries the result in the last chunk when none has metrics', async () => {
      provider.answer = answerStream(...chunks.slice(0, 2));
      const [first, second] = decodeFrames((await stream()).body).map(chunkOf);
      expect(first).toEqual({ completion: 'Hello' });
      expect(second).toMatchObject({
        completion: ' world',
        xproxy_result: { warnings: [expect.any(String)] },
      });
    });

    it('carries the result before an exception', async () => {
      const exception = exceptionFrame('throttlingException', 'slow down');
      provider.answer = answerStream(...chunks.slice(0, 2), exception);
      const { body } = await stream();
      expect(splitFrames(body)[2]).toEqual(Buffer.from(exception));
      const [, last] = decodeFrames(body);
      expect(chunkOf(last as NonNullable<typeof last>)).toHaveProperty('xproxy_result');
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 200 }]);
    });

    it('passes on what came before the provider broke off, and breaks off too', async () => {
      provider.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        response.write(
          Buffer.concat([...chunks.slice(0, 2), Buffer.from(chunks[2] as Uint8Array).subarray(0, 20)]),
        );
        setTimeout(() => response.destroy(), 20);
      };
      const answer = await open(url('invoke-with-response-stream'), headers());
      const received: Buffer[] = [];
      const ending = await new Promise((resolve) => {
        answer.on('data', (chunk: Buffer) => received.push(chunk));
        answer.on('end', () => resolve('end'));
        answer.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      expect(ending).toBe('ECONNRESET');
      expect(Buffer.concat(received)).toEqual(
        Buffer.concat([...chunks.slice(0, 2), Buffer.from(chunks[2] as Uint8Array).subarray(0, 20)]),
      );
      expect(payi.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 200 }]);
    });

    it('counts what an Anthropic stream said before the client left', async () => {
      provider.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        response.write(
          chunkFrame({ type: 'message_start', message: { usage: { input_tokens: 1000, output_tokens: 1 } } }),
        );
        response.write(chunkFrame({ type: 'content_block_start' }));
      };
      const answer = await open(url('invoke-with-response-stream'), headers({ 'xProxy-Limit-IDs': 'a' }));
      answer.once('data', () => answer.destroy());
      await eventually(() => expect(payi.ledger).toHaveLength(1));
      expect(payi.ledger).toMatchObject([
        { outcome: 'aborted', units: { text: { input: 1000, output: 1 } }, limits: { a: { state: 'ok' } } },
      ]);
      expect(payi.limit('a')?.spent).toBe(0.003015);
    });
  });

  describe('ConverseStream', () => {
    const events = [
      eventFrame('messageStart', { role: 'assistant' }),
      eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
      eventFrame('messageStop', { stopReason: 'end_turn' }),
      eventFrame('metadata', {
        usage: { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cacheReadInputTokens: 1000 },
        metrics: { latencyMs: 5 },
      }),
    ];

    it('carries the result in the metadata event', async () => {
      provider.answer = answerStream(...events);
      const { body } = await send(url('converse-stream'), headers());
      expect(splitFrames(body).slice(0, 3)).toEqual(events.slice(0, 3).map((event) => Buffer.from(event)));
      const metadata = decodeFrames(body)[3];
      expect(payloadOf(metadata as NonNullable<typeof metadata>)).toEqual({
        usage: { inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cacheReadInputTokens: 1000 },
        metrics: { latencyMs: 5 },
        xproxy_result: expect.objectContaining({
          cost: {
            currency: 'usd',
            input: { base: 0.0033 },
            output: { base: 0.0015 },
            total: { base: 0.0048 },
          },
        }),
      });
      expect(payi.ledger[0]?.units).toEqual({
        text: { input: 1000, output: 100 },
        text_cache_read: { input: 1000 },
      });
    });

    it('passes the first event on before the provider has written the last', async () => {
      let finish = (): void => {};
      provider.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        response.write(events[0]);
        finish = () => void response.end(Buffer.concat(events.slice(1)));
      };
      const answer = await open(url('converse-stream'), headers());
      const first: Buffer = await new Promise((resolve) => answer.once('data', resolve));
      expect(first).toEqual(Buffer.from(events[0] as Uint8Array));
      expect(payi.ledger).toEqual([]);
      finish();
      const rest: Buffer[] = [];
      for await (const chunk of answer) rest.push(chunk);
      expect(decodeFrames(Buffer.concat(rest))).toHaveLength(3);
    });

    it('is over for the provider when the client leaves', async () => {
      const left = vi.fn();
      provider.answer = (_request, response) => {
        response.once('close', left);
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        response.write(events[0]);
      };
      const answer = await open(url('converse-stream'), headers());
      answer.once('data', () => answer.destroy());
      await eventually(() => expect(left).toHaveBeenCalled());
      await eventually(() =>
        expect(payi.ledger).toMatchObject([{ outcome: 'aborted', providerStatus: 200 }]),
      );
    });

    it('leaves out the length that the provider gave', async () => {
      const body = Buffer.concat(events);
      provider.answer = (_request, response) => {
        const contentType = 'application/vnd.amazon.eventstream';
        response.writeHead(200, { 'content-type': contentType, 'content-length': body.length });
        response.end(body);
      };
      const answer = await send(url('converse-stream'), headers());
      expect(answer.headers).not.toHaveProperty('content-length');
      expect(decodeFrames(answer.body)).toHaveLength(4);
    });

    it.each(['HTTP/1.1', 'HTTP/2'])('waits for a client that pauses over %s', async (protocol) => {
      const event = eventFrame('contentBlockDelta', { delta: { text: 'x'.repeat(10_000) } });
      const count = 5000;
      let written = 0;
      provider.answer = async (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        for (; written < count; written += 1) {
          if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve));
        }
        response.end();
      };
      const session = http2.connect(payi.url);
      let answer: Readable;
      if (protocol === 'HTTP/2') {
        const { pathname } = new URL(url('converse-stream'));
        const stream = session.request({ ':method': 'POST', ':path': pathname, ...headers() });
        stream.end('{}');
        await once(stream, 'response');
        answer = stream;
      } else {
        answer = await open(url('converse-stream'), headers());
      }
      await untilQuiet(() => written);
      expect(written).toBeLessThan(count);
      let bytes = 0;
      for await (const chunk of answer) bytes += chunk.length;
      expect(bytes).toBe(count * event.length);
      session.destroy();
    });
  });
});
