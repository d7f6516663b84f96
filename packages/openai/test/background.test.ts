import { createHeaders, createPayi, type Receipt } from '@payi/core';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { response, responseEvents, units } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';
import { until } from './until.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const headers = createHeaders({ userId: 'u', useCaseName: 'report' });
const queued = { ...response, status: 'queued', output: [], usage: null };
const whole = { outcome: 'complete', units, resource: 'gpt-5', annotations: { userId: 'u' }, warnings: [] };

function observe() {
  const receipts: Receipt[] = [];
  const events: Record<string, unknown>[] = [];
  const payi = createPayi({
    route: 'direct',
    apiKey: 'k',
    onReceipt: (receipt) => receipts.push(receipt),
    delivery: { offline: (lines) => void events.push(...lines.map((line) => JSON.parse(line))) },
  });
  const plain = new OpenAI({ apiKey: 'sk', baseURL: `${provider.url}/v1`, maxRetries: 0 });
  return { client: withPayi(plain, { payi }), receipts, events, payi };
}

async function begin(client: OpenAI): Promise<void> {
  provider.answerWith({ json: queued });
  await client.responses.create({ model: 'gpt-5', input: 'x', background: true }, { headers });
}

describe('a response in the background', () => {
  it('is recorded when it is retrieved, once, with the annotations of its create', async () => {
    const { client, receipts, events, payi } = observe();
    await begin(client);
    provider.answerWith(
      { json: { ...queued, status: 'in_progress' } },
      { status: 500, json: { error: { message: 'no' } } },
      { json: response },
    );
    await client.responses.retrieve('resp_1');
    await client.responses.retrieve('resp_1').catch(() => {});
    await client.responses.retrieve('resp_1');
    await client.responses.retrieve('resp_1');
    await payi.close();
    expect(receipts).toMatchObject([{ outcome: 'complete', units: {} }, whole]);
    expect(receipts[0]?.warnings[0]).toBe('the answer is not whole: its status is queued');
    // The second event replaces the first.
    const [first, second] = events;
    expect(first).toMatchObject({ provider_response_id: expect.stringMatching(/^payi_/), units: {} });
    expect(second).toMatchObject({
      provider_response_id: first?.provider_response_id,
      units: { reasoning: { output: 20 } },
      user_id: 'u',
      properties: { 'system.provider_response_id': 'resp_1' },
    });
    for (const { method, headers } of provider.requests) {
      expect(method).toBe('GET');
      expect(Object.keys(headers).filter((name) => name.startsWith('xproxy'))).toEqual([]);
    }
  });

  it('is recorded when its stream is resumed', async () => {
    const { client, receipts } = observe();
    await begin(client);
    provider.answerWith({ events: responseEvents(['Hi']).slice(1) });
    const types: string[] = [];
    for await (const { type } of await client.responses.retrieve('resp_1', { stream: true }))
      types.push(type);
    expect(types.at(-1)).toBe('response.completed');
    await until(() => receipts.length === 2);
    expect(receipts[1]).toMatchObject(whole);
  });

  it('is recorded after its stream had broken off, and the resumed one, too', async () => {
    const { client, receipts } = observe();
    provider.answerWith({ events: responseEvents(['a', 'b']).slice(0, 4) });
    const body = { model: 'gpt-5', input: 'x', background: true, stream: true } as const;
    const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of stream);
    };
    await read(await client.responses.create(body, { headers }));
    await until(() => receipts.length === 1);
    provider.answerWith({ events: responseEvents(['a', 'b']).slice(3, 5) });
    await read(await client.responses.retrieve('resp_1', { stream: true }));
    await until(() => receipts.length === 2);
    provider.answerWith({ json: response });
    await client.responses.retrieve('resp_1');
    await until(() => receipts.length === 3);
    expect(receipts).toMatchObject([{ outcome: 'partial' }, { outcome: 'partial' }, whole]);
  });

  it('that was cancelled without counts, or is of somebody else, leaves no record', async () => {
    const { client, receipts } = observe();
    await begin(client);
    provider.answerWith({ json: { ...queued, status: 'cancelled' } });
    await client.responses.cancel('resp_1');
    provider.answerWith({ json: { ...response, id: 'resp_2' } });
    await client.responses.retrieve('resp_2');
    provider.answerWith({ json: response });
    await client.responses.retrieve('resp_1');
    await until(() => receipts.length === 2);
    expect(receipts[1]).toMatchObject(whole);
  });
});
