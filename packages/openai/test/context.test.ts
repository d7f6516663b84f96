import {
  createHeaders,
  createPayi,
  type PayiOptions,
  parseHeaders,
  type Receipt,
  receiptOf,
  whenSettled,
} from '@payi/core';
import { track } from '@payi/core/context';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTimers } from '../../../internal/testing/clock.ts';
import { withPayi } from '../src/index.ts';
import { completion } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';
import { until } from './until.ts';

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(() => provider.answerWith({ json: completion }));
afterAll(() => provider.close());

function observe(options: PayiOptions = {}): { client: OpenAI; receipts: Receipt[] } {
  const receipts: Receipt[] = [];
  const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt), ...options });
  const plain = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1` });
  return { client: withPayi(plain, { payi }), receipts };
}

const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] };
const received = () => provider.requests.map(({ headers }) => parseHeaders(headers));

describe('an OpenAI call in a context', () => {
  it('carries the annotations of the context, below its own and above the defaults', async () => {
    const { client, receipts } = observe({ defaults: { accountName: 'default', useCaseStep: 'default' } });
    const headers = createHeaders({ userId: 'call' });
    await track({ userId: 'context', accountName: 'context' }, () =>
      client.chat.completions.create(body, { headers }),
    );
    const expected = { userId: 'call', accountName: 'context', useCaseStep: 'default' };
    expect(received()).toEqual([expected]);
    expect(receipts).toMatchObject([{ annotations: expected }]);
  });

  it('keeps its receipt when another with the same request, in another context, is sent again first', async () => {
    const { client, receipts } = observe();
    const refused = (waitMs: number) => ({
      status: 503,
      headers: { 'retry-after-ms': String(waitMs) },
      json: {},
    });
    const retries = holdTimers(20_000);
    provider.answerWith(refused(20_000), refused(1), { json: completion });
    const call = (userId: string) =>
      track({ userId }, () => client.chat.completions.create(body).withResponse());
    const first = call('first');
    await until(() => retries.count === 1);
    const second = await call('second');
    retries.pass();
    const responses = [await first, second];
    expect(received().map(({ userId }) => userId)).toEqual(['first', 'second', 'second', 'first']);
    for (const [index, userId] of ['first', 'second'].entries()) {
      const receipt = receiptOf(responses[index]?.response ?? {});
      expect(receipt).toMatchObject({ annotations: { userId }, attempts: 2 });
    }
    expect(receipts).toHaveLength(2);
  });

  it('belongs to the context it was sent in, wherever its stream is read', async () => {
    const { client } = observe();
    provider.answerWith({ events: ['data: {"choices":[]}\n\n', 'data: [DONE]\n\n'] });
    const stream = await track({ userId: 'caller' }, () =>
      client.chat.completions.create({ ...body, stream: true }),
    );
    const receipt = await track({ userId: 'reader' }, async () => {
      for await (const _ of stream);
      return whenSettled(stream);
    });
    expect(received()).toEqual([{ userId: 'caller' }]);
    expect(receipt.annotations).toEqual({ userId: 'caller' });
  });

  it('is refused when the context is too large together with the defaults', async () => {
    const ids = (name: string) => Array.from({ length: 500 }, (_, index) => `${name}-${index}`);
    const { client } = observe({ defaults: { limitIds: ids('default') } });
    const call = track({ limitIds: ids('context') }, () => client.chat.completions.create(body));
    await expect(call).rejects.toMatchObject({ code: 'HEADER_ENCODING' });
    expect(received()).toEqual([]);
  });
});
