import { createHeaders, createPayi, isLimitReached, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { startPayi } from '@payi/testkit';
import type OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTimers } from '../../../internal/testing/clock.ts';
import { withPayi } from '../src/index.ts';
import { completion, units, usage } from './answers.ts';
import { type Answer, type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'hello' }] };
const overloaded: Answer = {
  status: 503,
  json: { error: { message: 'try later', type: 'server_error', code: 'overloaded' } },
  headers: { 'retry-after-ms': '1' },
};

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

function observe(
  sdk: string,
  options: ClientOptions = {},
): { client: OpenAI; receipts: Receipt[]; seen: string[] } {
  const receipts: Receipt[] = [];
  const seen: string[] = [];
  const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
  const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
  const plain = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, ...options });
  const client = withPayi(plain, {
    payi,
    onRequest: ({ attempt, headers }) => {
      expect(headers.authorization).toBeUndefined();
      seen.push(`request ${attempt}`);
    },
    onResponse: ({ attempt, status }) => seen.push(`response ${attempt} ${status}`),
  });
  return { client, receipts, seen };
}

describe.each(sdkNames)('a call of %s', (sdk) => {
  it('that is retried leaves one receipt', async () => {
    const { client, receipts, seen } = observe(sdk);
    provider.answerWith(overloaded, overloaded, { json: completion });
    const headers = createHeaders({ userId: 'u-42' });
    const { response } = await client.chat.completions.create(body, { headers }).withResponse();
    expect(receipts).toEqual([receiptOf(response)]);
    expect(receipts[0]).toMatchObject({ outcome: 'complete', attempts: 3, httpStatus: 200, units });
    expect(seen).toEqual([
      'request 1',
      'response 1 503',
      'request 2',
      'response 2 503',
      'request 3',
      'response 3 200',
    ]);
    expect(provider.requests.map(({ headers }) => headers['xproxy-user-id'])).toEqual([
      'u-42',
      'u-42',
      'u-42',
    ]);
  });

  it('whose connection breaks is retried as ever and leaves one receipt', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({ disconnect: true }, { json: completion });
    await client.chat.completions.create(body);
    expect(receipts).toMatchObject([{ outcome: 'complete', attempts: 2 }]);
  });

  it('that fails in the end leaves one receipt, found by the error', async () => {
    const { client, receipts } = observe(sdk, { maxRetries: 1 });
    provider.answerWith(overloaded);
    const error = await client.chat.completions.create(body).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ status: 503 });
    expect(receipts).toEqual([receiptOf(error as Error)]);
    expect(receipts[0]).toMatchObject({
      outcome: 'failed',
      attempts: 2,
      httpStatus: 503,
      units: {},
      properties: { 'system.failure': 'overloaded', 'system.failure.description': 'try later' },
    });
  });

  it('that the provider refuses is not sent twice', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerWith({
      status: 400,
      json: { error: { message: 'no such model', type: 'invalid_request_error' } },
    });
    await expect(client.chat.completions.create(body)).rejects.toMatchObject({ status: 400 });
    expect(provider.requests).toHaveLength(1);
    expect(receipts).toMatchObject([
      { outcome: 'failed', attempts: 1, properties: { 'system.failure': 'invalid_request_error' } },
    ]);
  });

  it('that never arrives is settled when no attempt can follow, with the time at which it failed', async () => {
    const { client, receipts } = observe(sdk, { maxRetries: 0 });
    provider.answerWith({ disconnect: true });
    const startedAt = performance.now();
    const error = await client.chat.completions.create(body).catch((caught: unknown) => caught as Error);
    const failedAfterMs = performance.now() - startedAt;
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1 }]);
    expect(receipts[0]?.endToEndMs).toBeLessThanOrEqual(failedAfterMs);
    expect(receiptOf(error as Error)).toBe(receipts[0]);
  });

  it('that times out is retried as ever and leaves one receipt', async () => {
    const limits = holdTimers(1000);
    const { client, receipts } = observe(sdk, { timeout: 1000, maxRetries: 1 });
    provider.answerWith({ silence: true }, { json: completion });
    const call = client.chat.completions.create(body);
    await until(() => provider.requests.length === 1);
    limits.pass();
    await call;
    expect(receipts).toMatchObject([{ outcome: 'complete', attempts: 2 }]);
  });

  it('that times out by a limit of its own is one, though the limit is not quite over by our clock', async () => {
    const { client, receipts } = observe(sdk, { maxRetries: 1 });
    // So long that the time for which the test itself runs does not count.
    const limits = holdTimers(500_000);
    provider.answerWith({ silence: true }, { json: completion });
    const call = client.chat.completions.create(body, { timeout: 500_000 });
    await until(() => provider.requests.length === 1);
    limits.pass(495_000);
    await call;
    expect(receipts).toMatchObject([{ outcome: 'complete', attempts: 2 }]);
  });

  it('that its caller aborts is settled, at once where the call has a time limit of its own', async () => {
    for (const timeout of [undefined, 60_000]) {
      const { client, receipts } = observe(sdk);
      provider.answerWith({ silence: true });
      const caller = new AbortController();
      const options = { signal: caller.signal, ...(timeout !== undefined && { timeout }) };
      const startedAt = performance.now();
      const aborted = expect(client.chat.completions.create(body, options)).rejects.toThrow('aborted');
      await until(() => provider.requests.length > 0);
      caller.abort();
      await aborted;
      const abortedAfterMs = performance.now() - startedAt;
      if (timeout === undefined) await until(() => receipts.length > 0);
      expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1 }]);
      expect(receipts[0]?.endToEndMs).toBeLessThanOrEqual(abortedAfterMs);
      expect(provider.requests).toHaveLength(1);
    }
  });

  it('aborted between two attempts is settled then', async () => {
    const { client, receipts, seen } = observe(sdk);
    provider.answerWith({ ...overloaded, headers: { 'retry-after-ms': '20000' } } as Answer);
    const caller = new AbortController();
    const call = client.chat.completions.create(body, { signal: caller.signal });
    void until(() => seen.includes('response 1 503')).then(() => setTimeout(() => caller.abort(), 100));
    if (sdk === 'openai 7.57.0') {
      await expect(call).rejects.toThrow('aborted');
    } else {
      // The older SDKs sleep on, and notice when they have slept.
      void call.catch(() => {});
    }
    await until(() => receipts.length > 0);
    expect(receipts).toMatchObject([{ outcome: 'failed', attempts: 1, httpStatus: 503 }]);
  });

  it('is not mixed up with others of the same kind', async () => {
    const { client, receipts } = observe(sdk);
    provider.answerBy(({ headers }) =>
      headers['x-stainless-retry-count'] === '0' ? overloaded : { json: completion },
    );
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        client.chat.completions.create(body, { headers: createHeaders({ userId: `u-${index % 2}` }) }),
      ),
    );
    expect(receipts).toHaveLength(8);
    expect(receipts.every(({ outcome, attempts }) => outcome === 'complete' && attempts === 2)).toBe(true);
    expect(receipts.filter(({ annotations }) => annotations.userId === 'u-0')).toHaveLength(4);
  });
});

describe.each(sdkNames)('the receipt of a call of %s', (sdk) => {
  let ids = 0;
  const named = (json: object): Answer => {
    ids += 1;
    return {
      json: { ...json, id: `answer-${sdk}-${ids}` },
      headers: { 'x-request-id': `request-${sdk}-${ids}` },
    };
  };

  it('is found by the parsed answer, among many under way', async () => {
    const { client } = observe(sdk);
    provider.answerBy(() => named(completion));
    const users = Array.from({ length: 50 }, (_, index) => `u-${index}`);
    const found = await Promise.all(
      users.map(async (userId) => {
        const answer = await client.chat.completions.create(body, { headers: createHeaders({ userId }) });
        expect(await whenSettled(answer)).toBe(receiptOf(answer));
        return receiptOf(answer)?.annotations.userId;
      }),
    );
    expect(found).toEqual(users);
  });

  it('is found by what the SDK makes of the answer of other methods', async () => {
    const { client } = observe(sdk);
    provider.answerWith(named({ ...completion, object: 'response', output: [] }));
    const response = await client.responses.create({ model: 'gpt-4o', input: 'hello' });
    expect(receiptOf(response)?.operation).toBe('responses');
    // Without an id of its own: that of its request is enough.
    provider.answerWith({ json: { data: [], usage }, headers: { 'x-request-id': `embeddings-${sdk}` } });
    const embeddings = await client.embeddings.create({
      model: 'm',
      input: 'hello',
      encoding_format: 'float',
    });
    expect(receiptOf(embeddings)?.operation).toBe('embeddings');
  });

  it('is found by either id where the other came before', async () => {
    const { client } = observe(sdk);
    for (const answer of [
      { json: { ...completion, id: `once-${sdk}-1` } },
      { json: { ...completion, id: `once-${sdk}-2` } },
    ]) {
      provider.answerWith({ ...answer, headers: { 'x-request-id': `twice-${sdk}` } });
      const parsed = await client.chat.completions.create(body);
      expect(receiptOf(parsed)?.providerResponseId).toBe(parsed.id);
    }
  });
});

describe('answers of openai 7.57.0 with an id that came before', () => {
  const answerShared = (id: string): void => {
    provider.answerWith({ json: { ...completion, id }, headers: { 'x-request-id': `request-${id}` } });
  };
  const askAs = (client: OpenAI, userId: string): PromiseLike<object> =>
    client.chat.completions.create(body, { headers: createHeaders({ userId }) });

  it('are found while each is looked for before the next comes', async () => {
    const { client } = observe('openai 7.57.0');
    answerShared('shared');
    const answers: object[] = [];
    for (const userId of ['u0', 'u1', 'u2']) {
      const answer = await askAs(client, userId);
      expect(receiptOf(answer)?.annotations.userId).toBe(userId);
      answers.push(answer);
    }
    expect(answers.map((answer) => receiptOf(answer)?.annotations.userId)).toEqual(['u0', 'u1', 'u2']);
    expect(receiptOf(structuredClone(answers[0]))).toBeUndefined();
  });

  it('have no receipt rather than the wrong one', async () => {
    const { client } = observe('openai 7.57.0');
    answerShared('shared-at-once');
    const answers = await Promise.all(['u0', 'u1', 'u2'].map((userId) => askAs(client, userId)));
    expect(answers.map(receiptOf)).toEqual([undefined, undefined, undefined]);
  });
});

describe.each(sdkNames)('a call of %s through Pay-i', (sdk) => {
  it.each([
    { blockedStatus: 400, blockedCode: 'limit_reached' },
    { blockedStatus: 424, blockedCode: 'not_enough_budget' },
  ] as const)('that a limit blocks is told apart, $blockedStatus $blockedCode', async (blocked) => {
    const limits = [{ id: 'spent', max: 0, type: 'block' as const }];
    await using backend = await startPayi({ upstream: provider.url, limits, ...blocked });
    const receipts: Receipt[] = [];
    const payi = createPayi({
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      onReceipt: (receipt) => receipts.push(receipt),
    });
    const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
    const client = withPayi(new OpenAI({ apiKey: 'sk-test', maxRetries: 0 }), { payi });
    provider.answerWith({ json: completion });
    const headers = createHeaders({ limitIds: ['spent'] });
    for (const stream of [false, true]) {
      const call = client.chat.completions.create({ ...body, stream }, { headers });
      const error = await Promise.resolve(call).catch((caught: unknown) => caught as Error);
      expect(isLimitReached(error)).toBe(true);
      expect(receiptOf(error as Error)).toMatchObject({ outcome: 'blocked', blockedLimitIds: ['spent'] });
    }
    expect(receipts).toHaveLength(2);
    expect(provider.requests).toEqual([]);
  });
});
