import { createServer } from 'node:http';
import { GoogleGenAI } from '@google/genai';
import { createHeaders, createPayi, isLimitReached, receiptOf, UnsupportedClientError } from '@payi/core';
import { describe, expect, it, vi } from 'vitest';
import { payiClientOptions, withPayi } from '../src/index.ts';
import { errorOf, openStage, project, question, readAll } from './stage.ts';

const stage = openStage();
const direct = { route: 'direct' } as const;
const withHeaders = (headers: Record<string, string>) => ({ httpOptions: { headers } });

describe('the client that withPayi() returns', () => {
  it('is of the same class, and another one', async () => {
    class Own extends GoogleGenAI {
      readonly team = 'a';
    }
    const plain = new Own(stage.google.clientConfig);
    const client = withPayi(plain, stage.create(direct));
    expect(client).not.toBe(plain);
    expect(client).toBeInstanceOf(Own);
    expect(client.team).toBe('a');
    await plain.models.generateContent(question);
    expect(stage.receipts).toEqual([]);
    await client.models.generateContent(question);
    await expect.poll(() => stage.receipts.length).toBe(1);
  });

  it('sends what the original sends, to the byte', async () => {
    const timeout = {
      httpOptions: { ...stage.google.clientConfig.httpOptions, timeout: 5000, headers: { a: 'b' } },
    };
    for (const plain of [
      new GoogleGenAI({ ...stage.google.clientConfig, ...timeout, apiVersion: 'v1' }),
      new GoogleGenAI({ ...project, ...timeout }),
    ]) {
      for (const client of [plain, withPayi(plain, stage.create(direct))]) {
        await client.models.generateContent(question);
        await readAll(await client.models.generateContentStream(question));
      }
      const sent = stage
        .requests()
        .slice(-4)
        .map(({ path, query, headers, body }) => ({ path, query, headers, body: String(body) }));
      expect(sent.slice(2)).toEqual(sent.slice(0, 2));
    }
  });

  it('keeps its connections of the Live API', () => {
    const plain = new GoogleGenAI({ ...project });
    expect(withPayi(plain, stage.create(direct)).live).toBe(plain.live);
  });

  it('leaves calls that are not metered without annotations, on route direct', async () => {
    const plain = new GoogleGenAI({
      ...stage.google.clientConfig,
      httpOptions: { ...stage.google.clientConfig.httpOptions, headers: createHeaders({ userId: 'u-42' }) },
    });
    await withPayi(plain, stage.create(direct)).models.countTokens(question);
    expect(stage.requests().at(-1)?.headers).not.toHaveProperty('xproxy-user-id');
  });

  it('has a `fetch` of one call behind it', async () => {
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      urls.push(String(input));
      return globalThis.fetch(input, init);
    };
    const answer = await stage
      .gemini(direct)
      .models.generateContent({ ...question, config: { httpOptions: { fetch } } });
    expect(urls).toHaveLength(1);
    expect(receiptOf(answer)?.outcome).toBe('complete');
  });

  it('is returned as it is when it has Pay-i already, with a diagnostic when the options differ', () => {
    const client = stage.gemini(direct);
    expect(withPayi(client)).toBe(client);
    expect(stage.diagnostics).toEqual([]);
    expect(withPayi(client, { payi: createPayi({ route: 'headers' }) })).toBe(client);
    expect(stage.diagnostics).toMatchObject([{ code: 'REGISTRATION_IGNORED' }]);
    const { fetch } = payiClientOptions(stage.create(direct));
    const byFetch = new GoogleGenAI({ apiKey: 'test', httpOptions: { fetch } });
    expect(withPayi(byFetch)).toBe(byFetch);
  });

  it('does not have what another tool has put on the original, which is reported', async () => {
    const plain = new GoogleGenAI(stage.google.clientConfig);
    const { generateContent } = plain.models;
    let heard = 0;
    plain.models.generateContent = (parameters) => {
      heard += 1;
      return generateContent(parameters);
    };
    await withPayi(plain, stage.create(direct)).models.generateContent(question);
    expect(heard).toBe(0);
    expect(stage.diagnostics).toMatchObject([
      { code: 'WRAPPER_LOST', message: expect.stringContaining('(models.generateContent)') },
    ]);
  });

  it('is the client itself if it cannot be copied', async () => {
    class Own extends GoogleGenAI {
      constructor(options: { readonly mine?: string }) {
        if (options.mine === undefined) throw new TypeError('mine is missing');
        super(stage.google.clientConfig);
      }
    }
    const plain = new Own({ mine: 'yes' });
    expect(withPayi(plain, stage.create(direct))).toBe(plain);
    expect(stage.diagnostics).toMatchObject([{ code: 'CLIENT_LEFT_ALONE' }]);
  });

  it.each([undefined, {}, new GoogleGenAI({ apiKey: 'k' }).models])('is refused if it is none', (client) => {
    expect(() => withPayi(client as never, stage.create(direct))).toThrow(UnsupportedClientError);
  });

  it('asks for the key of Pay-i at once', () => {
    const plain = new GoogleGenAI({ ...project });
    expect(() => withPayi(plain, { payi: createPayi({ apiKey: '' }) })).toThrow(/apiKey/);
  });
});

describe('a call that fails', () => {
  it('is found by its error, whose type and message are those of Google', async () => {
    stage.google.answerNext({ error: { status: 429, message: 'slow down' } });
    const error = await errorOf(stage.gemini(direct).models.generateContent(question));
    expect(error).toMatchObject({
      name: 'ApiError',
      status: 429,
      message: expect.stringContaining('slow down'),
    });
    expect(receiptOf(error)).toMatchObject({
      outcome: 'failed',
      httpStatus: 429,
      properties: { 'system.failure': 'RESOURCE_EXHAUSTED', 'system.failure.description': 'slow down' },
    });
    await expect.poll(() => stage.payi.ledger.at(-1)).toMatchObject({ operation: 'ingest' });
  });

  it.each([
    ['once, within the attempts of its client', { attempts: 3, initialDelay: 0.01 }, undefined, 1],
    ['once, within its own attempts', undefined, { attempts: 3, initialDelay: 0.01 }, 1],
  ])('is retried %s: one receipt', async (_, ofClient, ofCall, receipts) => {
    const { clientConfig } = stage.google;
    const httpOptions = { ...clientConfig.httpOptions, ...(ofClient && { retryOptions: ofClient }) };
    const { models } = withPayi(new GoogleGenAI({ ...clientConfig, httpOptions }), stage.create(direct));
    stage.google.answerNext({ error: { status: 503 } });
    stage.google.answerNext({ error: { status: 503 } });
    const config = { httpOptions: { ...(ofCall && { retryOptions: ofCall }) } };
    const answer = await models.generateContent({ ...question, config });
    expect(receiptOf(answer)).toMatchObject({ attempts: 3, outcome: 'complete', httpStatus: 200 });
    await expect.poll(() => stage.receipts.length).toBe(receipts);
  });

  it('is settled when its last attempt has failed', async () => {
    const retryOptions = { attempts: 2, initialDelay: 0.01 };
    for (let attempt = 0; attempt < 2; attempt += 1) stage.google.answerNext({ error: { status: 503 } });
    const call = stage
      .gemini(direct)
      .models.generateContent({ ...question, config: { httpOptions: { retryOptions } } });
    expect(receiptOf(await errorOf(call))).toMatchObject({ attempts: 2, outcome: 'failed', httpStatus: 503 });
  });

  it('is settled when it times out', async () => {
    stage.google.answerNext({ text: 'late', delayMs: 5000 });
    const call = stage
      .gemini(direct)
      .models.generateContent({ ...question, config: { httpOptions: { timeout: 50 } } });
    const error = await errorOf(call);
    expect(receiptOf(error)).toMatchObject({ attempts: 1, outcome: 'failed' });
  });

  it('is settled when nobody answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const plain = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
    const error = await errorOf(withPayi(plain, stage.create(direct)).models.generateContent(question));
    expect(receiptOf(error)).toMatchObject({ attempts: 1, outcome: 'failed' });
  });

  it.each([false, true])('is blocked by a limit, which its error says (streamed: %s)', async (isStream) => {
    const { models } = stage.vertex();
    const config = withHeaders(createHeaders({ limitIds: ['spent'] }));
    const call = { ...question, config };
    const error = await errorOf(isStream ? models.generateContentStream(call) : models.generateContent(call));
    expect(isLimitReached(error)).toBe(true);
    expect(receiptOf(error)).toMatchObject({ outcome: 'blocked', blockedLimitIds: ['spent'] });
    expect(stage.requests()).toEqual([]);
  });
});

describe('a stream', () => {
  it('that breaks off with an error in place of a chunk throws it, and is found by it', async () => {
    const error = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    const chunk = { candidates: [{ content: { parts: [{ text: 'Hel' }] } }] };
    let readFirst = (): void => {};
    const isRead = new Promise<void>((resolve) => {
      readFirst = resolve;
    });
    stage.google.answerNext({
      events: [{ data: chunk }, { bytes: JSON.stringify(error) }],
      pace: (index: number) => (index === 1 ? isRead : undefined),
    } as never);
    const stream = await stage.gemini(direct).models.generateContentStream(question);
    const read = async (): Promise<void> => {
      for await (const _ of stream) readFirst();
    };
    const thrown = await errorOf(read());
    expect(thrown).toMatchObject({ name: 'ApiError', status: 503 });
    expect(receiptOf(thrown)).toMatchObject({
      outcome: 'partial',
      properties: { 'system.failure': 'UNAVAILABLE' },
      warnings: [],
    });
    expect(receiptOf(stream)).toBe(receiptOf(thrown));
  });

  it('has no receipt yet while it is read, and asking for it prints nothing', async () => {
    const warn = vi.spyOn(console, 'warn');
    stage.google.answerNext({ chunks: ['Pa', 'ris'] });
    const stream = await stage.gemini(direct).models.generateContentStream(question);
    const seen: unknown[] = [];
    for await (const chunk of stream) if (chunk.text === 'Pa') seen.push(receiptOf(chunk), receiptOf(stream));
    expect(seen).toEqual([undefined, undefined]);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('of a chat that is left early is closed', async () => {
    stage.google.answerNext({ chunks: ['a', 'b', 'c'], faults: { stallAfterEvents: 2 } });
    const chat = stage.gemini(direct).chats.create({ model: question.model });
    for await (const _ of await chat.sendMessageStream({ message: 'Hi' })) break;
    await expect.poll(() => stage.requests().at(-1)?.answered).toBe('aborted');
    await expect
      .poll(() => stage.receipts)
      .toMatchObject([{ outcome: 'partial', warnings: ['the caller left the stream before its end'] }]);
  });
});
