import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { untilQuiet } from '../../test/until-quiet.ts';
import {
  open,
  type PlainAnswer,
  type ScriptedProvider,
  send,
  startProvider,
} from './__fixtures__/start-payi-provider.ts';
import { type RunningPayi, startPayi } from './start-payi.ts';

let provider: ScriptedProvider;
let payi: RunningPayi;

beforeEach(async () => {
  provider = await startProvider();
  payi = await startPayi({ upstream: provider.url });
});

afterEach(async () => {
  await payi.close();
  await provider.close();
});

const paths = {
  chat: 'openai/v1/chat/completions',
  responses: 'openai/v1/responses',
  images: 'openai/v1/images/generations',
  transcriptions: 'openai/v1/audio/transcriptions',
  speech: 'openai/v1/audio/speech',
  messages: 'anthropic/v1/messages',
};

type Path = keyof typeof paths;

const url = (path: Path): string => `${payi.url}/api/v1/proxy/${paths[path]}`;
const headers = (): Record<string, string> => ({ 'xProxy-Api-Key': payi.apiKey, 'xProxy-Limit-IDs': 'l' });

/** Answers with a body in the given pieces, each in a write of its own. */
function script(pieces: readonly (string | Uint8Array)[], end: 'end' | 'break off' = 'end'): void {
  provider.answer = async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const piece of pieces) {
      response.write(piece);
      await new Promise(setImmediate);
    }
    if (end === 'end') response.end();
    else setTimeout(() => response.destroy(), 20);
  };
}

const call = (path: Path): Promise<PlainAnswer> =>
  send(url(path), headers(), '{"model":"gpt-4o","stream":true}');

/** The body that the client gets, with the result abbreviated. */
async function bodyOf(path: Path): Promise<string> {
  const { body } = await call(path);
  return shorten(body.toString());
}

function shorten(body: string): string {
  return body.replaceAll(/,?"xproxy_result":\{.*?\}(?=\}\s)/g, (member) => {
    const id = payi.ledger[0]?.requestId ?? 'no id';
    return member.includes(id) ? ',RESULT' : ',OTHER';
  });
}

const json = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;
const named = (event: { type: string; [member: string]: unknown }): string =>
  `event: ${event.type}\n${json(event)}`;

const delta = json({ choices: [{ index: 0, delta: { content: 'Grüße 🚀' }, finish_reason: null }] });
const finish = json({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const chatUsage = json({ choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100 } });
const done = 'data: [DONE]\n\n';

const withResult = (event: string): string => event.replace(/\}(\s*)$/, ',RESULT}$1');

describe('startPayi() and server-sent events', () => {
  describe('of chat completions', () => {
    it('carry the result in the chunk with the usage', async () => {
      script([delta, finish, chatUsage, done]);
      expect(await bodyOf('chat')).toBe(delta + finish + withResult(chatUsage) + done);
      expect(payi.ledger).toMatchObject([
        { outcome: 'ok', units: { text: { input: 1000, output: 100 } }, cost: { total: { base: 0.0035 } } },
      ]);
    });

    it('carry the result in the last chunk that finishes a choice, without usage', async () => {
      const second = json({ choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] });
      script([delta, finish, second, done]);
      expect(await bodyOf('chat')).toBe(delta + finish + withResult(second) + done);
    });

    it('are counted once, by the last, when every chunk has usage', async () => {
      const chunks = [1, 2, 3].map((tokens) =>
        json({ choices: [{ delta: {} }], usage: { prompt_tokens: 10, completion_tokens: tokens } }),
      );
      script([...chunks, done]);
      expect(await bodyOf('chat')).toBe(`${chunks[0]}${chunks[1]}${withResult(chunks[2] as string)}${done}`);
      expect(payi.ledger[0]?.units).toEqual({ text: { input: 10, output: 3 } });
    });

    it('carry the result without [DONE] and without a last blank line', async () => {
      script([delta, finish.trimEnd()]);
      const { body } = await call('chat');
      expect(JSON.parse(body.toString().split('data: ').at(-1) as string)).toHaveProperty('xproxy_result');
      expect(payi.ledger).toMatchObject([{ outcome: 'ok' }]);
    });

    it('keep every other byte, however the body is cut', async () => {
      const usage =
        'data: {"choices":[],\r\ndata:  "usage":{"prompt_tokens":10,"completion_tokens":2}} \r\n\r\n';
      const parts = [': hi\r\n\r\n', delta.replaceAll('\n', '\r\n'), ': ping\n\n', usage, ': pong\r\r', done];
      const body = Buffer.from(parts.join(''));
      for (const size of [1, 3, 7, 64]) {
        script(
          Array.from({ length: Math.ceil(body.length / size) }, (_, n) =>
            body.subarray(n * size, n * size + size),
          ),
        );
        const answer = (await call('chat')).body.toString();
        const member = /,"xproxy_result":\{.*\}(?=\} \r\n\r\n: pong)/.exec(answer)?.[0] ?? 'none';
        expect(JSON.parse(`{${member.slice(1)}}`)).toHaveProperty('xproxy_result.request_id');
        expect(answer.replace(member, '')).toBe(body.toString());
      }
      expect(payi.ledger.map(({ units }) => units)).toEqual(
        Array(4).fill({ text: { input: 10, output: 2 } }),
      );
    });

    it('pass on at once, but for the one that may be the last', async () => {
      let write = (_text: string): void => {};
      provider.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        write = (text) => void (text === '' ? response.end() : response.write(text));
        write(delta);
      };
      const reader = new Reader(await open(url('chat'), headers()));
      await reader.waitFor(delta);
      write(`: ping\n\n${delta}`);
      await reader.waitFor(`${delta}: ping\n\n${delta}`);
      write(`${finish}: held\n\n`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(reader.text).toBe(`${delta}: ping\n\n${delta}`);
      expect(payi.ledger).toEqual([]);
      write(chatUsage);
      await reader.waitFor(`${delta}: ping\n\n${delta}${finish}: held\n\n`);
      write(done);
      await eventually(() => expect(reader.text).toMatch(/"xproxy_result".*\n\ndata: \[DONE\]\n\n$/));
      write('');
      expect(payi.ledger).toMatchObject([{ outcome: 'ok' }]);
    });

    it('count as failed when the provider sends an error or breaks off', async () => {
      const error = json({ error: { message: 'overloaded' } });
      script([delta, error, done]);
      expect(await bodyOf('chat')).toBe(delta + error + done);
      script([delta, finish], 'break off');
      const reader = new Reader(await open(url('chat'), headers()));
      await eventually(() => expect(reader.isOver).toBe(true));
      expect(reader.text).toBe(delta + finish);
      expect(payi.ledger).toMatchObject([
        { outcome: 'failed', limits: { l: { state: 'failed' } } },
        { outcome: 'failed', providerStatus: 200 },
      ]);
    });

    it('pass on when they hold no JSON', async () => {
      script(['data: hello\n\n', 'data: {"cut\n\n', finish, done]);
      expect(await bodyOf('chat')).toBe(`data: hello\n\ndata: {"cut\n\n${withResult(finish)}${done}`);
    });

    it('wait for a client that pauses', async () => {
      const event = json({ choices: [{ delta: { content: 'x'.repeat(10_000) } }] });
      const count = 5000;
      let written = 0;
      provider.answer = async (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (; written < count; written += 1) {
          if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve));
        }
        response.end(finish + done);
      };
      const answer = await open(url('chat'), headers());
      await untilQuiet(() => written);
      expect(written).toBeLessThan(count);
      let bytes = 0;
      for await (const chunk of answer) bytes += chunk.length;
      expect(bytes).toBeGreaterThan(count * event.length);
      expect(payi.ledger).toMatchObject([{ outcome: 'ok' }]);
    });
  });

  describe('of responses', () => {
    const usage = { input_tokens: 100, output_tokens: 50, output_tokens_details: { reasoning_tokens: 20 } };
    const created = named({ type: 'response.created' });
    const last = (type: string): string => named({ type, response: { id: 'r', usage } });

    it.each([
      ['response.completed', 'ok'],
      ['response.incomplete', 'ok'],
      ['response.failed', 'failed'],
    ])('carry the result on %s, beside the response', async (type, outcome) => {
      script([created, last(type)]);
      expect(await bodyOf('responses')).toBe(created + withResult(last(type)));
      expect(payi.ledger).toMatchObject([
        { outcome, units: { text: { input: 100, output: 30 }, reasoning: { output: 20 } } },
      ]);
    });

    it('count as failed without a last event', async () => {
      script([created]);
      expect(await bodyOf('responses')).toBe(created);
      script([created, named({ type: 'error' })]);
      await call('responses');
      expect(payi.ledger).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
    });
  });

  describe('of messages', () => {
    const start = named({
      type: 'message_start',
      message: {
        usage: {
          input_tokens: 10,
          output_tokens: 1,
          cache_creation_input_tokens: 60,
          cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 40 },
        },
      },
    });
    const messageDelta = (stop_reason: string | null): string =>
      named({
        type: 'message_delta',
        delta: { stop_reason },
        usage: { output_tokens: 7, cache_creation_input_tokens: 60 },
      });
    const ping = named({ type: 'ping' });
    const stop = named({ type: 'message_stop' });

    it('carry the result on the message_delta that stops', async () => {
      const earlier = messageDelta(null);
      script([start, ping, earlier, messageDelta('end_turn'), stop]);
      expect(await bodyOf('messages')).toBe(
        start + ping + earlier + withResult(messageDelta('end_turn')) + stop,
      );
      expect(payi.ledger).toMatchObject([
        {
          outcome: 'ok',
          units: {
            text: { input: 10, output: 7 },
            text_cache_write: { input: 20 },
            text_cache_write_1h: { input: 40 },
          },
        },
      ]);
    });

    it('carry it on message_stop where no message_delta does', async () => {
      script([start, stop]);
      expect(await bodyOf('messages')).toBe(start + withResult(stop));
      expect(payi.ledger).toMatchObject([{ outcome: 'ok' }]);
    });

    it('count as failed when the provider sends an error or stops short', async () => {
      script([start, named({ type: 'error' })]);
      expect(await bodyOf('messages')).toBe(start + named({ type: 'error' }));
      script([start]);
      await call('messages');
      expect(payi.ledger).toMatchObject([
        { outcome: 'failed', units: { text: { input: 10, output: 1 } } },
        { outcome: 'failed' },
      ]);
    });
  });

  it.each([
    [
      'images',
      'image_generation.partial_image',
      'image_generation.completed',
      { vision: { input: 4 }, image: { output: 9 } },
    ],
    ['transcriptions', 'transcript.text.delta', 'transcript.text.done', { audio: { input: 6 } }],
    ['speech', 'speech.audio.delta', 'speech.audio.done', { audio: { output: 9 } }],
  ] as const)('of %s carry the result at their end', async (path, more, last, units) => {
    const usage = {
      input_tokens: 10,
      output_tokens: 9,
      ...(path === 'images' && { input_tokens_details: { image_tokens: 4 } }),
      ...(path === 'transcriptions' && { input_token_details: { audio_tokens: 6 } }),
    };
    const lastEvent = named({ type: last, usage });
    script([named({ type: more }), lastEvent]);
    expect(await bodyOf(path)).toBe(named({ type: more }) + withResult(lastEvent));
    expect(payi.ledger).toMatchObject([{ outcome: 'ok', units }]);
  });

  it('pass on untouched when they are compressed', async () => {
    const { gzipSync } = await import('node:zlib');
    const body = gzipSync(finish + done);
    provider.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(body);
    };
    expect((await call('chat')).body).toEqual(body);
    expect(payi.ledger).toMatchObject([{ outcome: 'ok', units: {} }]);
  });
});

/** Reads an answer as it arrives. */
class Reader {
  text = '';
  isOver = false;

  constructor(source: Readable) {
    source.setEncoding('utf8');
    source.on('data', (piece: string) => {
      this.text += piece;
    });
    source.on('error', () => {});
    source.once('close', () => {
      this.isOver = true;
    });
  }

  waitFor(text: string): Promise<void> {
    return eventually(() => expect(this.text).toBe(text));
  }
}
