import NewAnthropic from '@anthropic-ai/sdk';
import OldAnthropic from '@anthropic-ai/sdk-by-fetch';
import { createHeaders, createPayi, type Receipt, type Route, receiptOf, whenSettled } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PayiClientOptions, payiClientOptions } from '../src/index.ts';
import { collect, errorOf, model, question } from './clients.ts';
import { eventsOf, message, type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

const routes: readonly Route[] = ['proxy', 'direct', 'headers'];
const sdks = { newest: NewAnthropic, 'before middleware': OldAnthropic as unknown as typeof NewAnthropic };
const sdkNames = Object.keys(sdks) as (keyof typeof sdks)[];
const units = { text: { input: 12, output: 34 } };

let provider: RunningAnthropic;
let backend: RunningPayi;
beforeAll(async () => {
  provider = await startAnthropic();
  backend = await startPayi({
    upstream: { 'api.anthropic.com': provider.url, 'acme.services.ai.azure.com': provider.url },
  });
});
afterAll(() => Promise.all([backend.close(), provider.close()]));

function open(route: Route, options: Omit<PayiClientOptions, 'payi'> = {}) {
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route,
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    delivery: { intervalMs: 1 },
    onReceipt: (receipt) => receipts.push(receipt),
  });
  return { receipts, payi, ...payiClientOptions({ payi, ...options }) };
}

describe.each(sdkNames)('payiClientOptions() of a client of the SDK, %s', (name) => {
  const Anthropic = sdks[name];
  let index = 0;
  /** Pay-i takes two events with one id for the same answer. */
  const answerAnew = (): string => {
    index += 1;
    const id = `msg_${name}_${index}`;
    provider.answerNext({ message: { ...message, id }, events: eventsOf(['Hello'], undefined, id) });
    return id;
  };
  const connect = (route: Route) => {
    const { fetch, receipts } = open(route);
    const address = route === 'proxy' ? {} : { baseURL: provider.url };
    return { receipts, client: new Anthropic({ apiKey: 'sk-ant-test', ...address, fetch }) };
  };
  const headers = createHeaders({ userId: 'u-42' });
  const facts = { category: 'system.anthropic', operation: 'messages', resource: model, units, attempts: 1 };

  it.each(routes)('meters answers and streams, and finds their receipts, route %s', async (route) => {
    const { client, receipts } = connect(route);
    const id = answerAnew();
    const answer = await client.messages.create(question, { headers });
    expect(await whenSettled(answer)).toMatchObject({ ...facts, providerResponseId: id });
    answerAnew();
    const stream = await client.messages.create({ ...question, stream: true }, { headers });
    await collect(stream);
    await expect.poll(() => receipts.length).toBe(2);
    answerAnew();
    const final = await client.messages.stream(question, { headers }).finalMessage();
    await expect.poll(() => receipts.length).toBe(3);
    expect(receiptOf(final)).toBe(receipts[2]);
    expect(receiptOf(stream)).toBe(receipts[1]);
    for (const receipt of receipts)
      expect(receipt).toMatchObject({ ...facts, annotations: { userId: 'u-42' } });
    expect(provider.last().headers['xproxy-user-id']).toBe(route === 'headers' ? 'u-42' : undefined);
    expect(provider.last().headers['x-api-key'] ?? provider.last().headers.authorization).toContain('sk-ant');
  });

  // The oldest does not say which attempt a request is.
  it.runIf(name === 'newest')('joins the attempts of a call', async () => {
    const { client, receipts } = connect('headers');
    provider.answerNext({ error: { status: 503, body: {} } });
    await client.messages.create(question, { maxRetries: 1 });
    expect(receipts).toMatchObject([{ outcome: 'complete', attempts: 2 }]);
  });

  it('leaves the error as it is', async () => {
    const { client, receipts } = connect('headers');
    const body = { type: 'error', error: { type: 'not_found_error', message: 'no such model' } };
    provider.answerNext({ error: { status: 404, body } });
    expect(await errorOf(client.messages.create(question))).toMatchObject({ status: 404, error: body });
    expect(receipts).toMatchObject([{ properties: { 'system.failure': 'not_found_error' } }]);
  });
});

describe('other endpoints', () => {
  it.each(['/v1/messages/count_tokens', '/v1/messages/batches/msgbatch_01/cancel', '/v1/models'])(
    '%s is not metered',
    async (path) => {
      const { fetch, receipts } = open('proxy');
      const headers = { 'x-api-key': 'sk-ant-test', ...createHeaders({ userId: 'u-42' }) };
      const call = { method: 'POST', body: '{}', headers };
      await (await fetch(provider.url + path, call)).text();
      expect(provider.last().path).toBe(path);
      expect(provider.last().headers).not.toHaveProperty('xproxy-user-id');
      expect(receipts).toEqual([]);
    },
  );
});

interface Case {
  readonly url: string;
  readonly category?: string;
  readonly resource?: string;
  /** On route `proxy`: where the call goes, if not to the provider. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
const foundry = 'https://acme.services.ai.azure.com/anthropic';
const google = 'aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models';
const vertex = { category: 'system.google.vertex', resource: 'anthropic.claude-sonnet-5@20260101' };
const cases: Readonly<Record<string, Case>> = {
  Anthropic: {
    url: 'https://api.anthropic.com/v1/messages?beta=true',
    category: 'system.anthropic',
    path: '/api/v1/proxy/anthropic/v1/messages?beta=true',
  },
  'a gateway': {
    url: 'https://gateway.example/team/v1/messages',
    category: 'system.anthropic',
    path: '/api/v1/proxy/anthropic/v1/messages',
    headers: { 'xproxy-provider-baseuri': 'https://gateway.example/team' },
  },
  'a gateway without the version': { url: 'https://gateway.example/messages', category: 'system.anthropic' },
  Foundry: {
    url: `${foundry}/v1/messages`,
    category: 'system.azure',
    path: '/api/v1/proxy/azure.anthropic/v1/messages',
    headers: { 'xproxy-provider-baseuri': foundry, 'xproxy-priceas-resource': model },
  },
  Mantle: {
    url: 'https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages',
    category: 'system.aws.bedrock',
  },
  'Vertex AI': { url: `https://${google}/claude-sonnet-5%4020260101:rawPredict`, ...vertex },
  'a stream of Vertex AI': {
    url: `https://us-east5-${google}/claude-sonnet-5@20260101:streamRawPredict`,
    ...vertex,
  },
  'a count of Vertex AI': { url: `https://${google}/count-tokens:rawPredict` },
  'Claude Platform on AWS': { url: 'https://aws-external-anthropic.us-east-1.api.aws/v1/messages' },
};

describe.each(Object.entries(cases))('%s', (_, { url, category, resource = model, path, headers = {} }) => {
  it.each(routes)('is known by its address, route %s', async (route) => {
    const sent: { url: string; headers: Record<string, string> }[] = [];
    const inner = (async (to: string, init: RequestInit) => {
      sent.push({ url: to, headers: Object.fromEntries(new Headers(init.headers)) });
      return Response.json(message);
    }) as typeof fetch;
    const { fetch, receipts } = open(route, { fetch: inner });
    const body = JSON.stringify(url.includes('google') ? {} : { model });
    await (await fetch(url, { method: 'POST', body })).json();
    const isProxied = route === 'proxy' && path !== undefined;
    expect(sent[0]?.url).toBe(isProxied ? backend.url + path : url);
    if (isProxied) expect(sent[0]?.headers).toMatchObject({ ...headers, 'xproxy-api-key': backend.apiKey });
    else expect(Object.keys(sent[0]?.headers ?? {}).join()).not.toContain('xproxy');
    if (category === undefined) {
      expect(receipts).toEqual([]);
      return;
    }
    await expect.poll(() => receipts.length).toBe(1);
    const warnings =
      route === 'proxy' && !isProxied ? [expect.stringContaining('does not serve messages')] : [];
    expect(receipts[0]).toMatchObject({ category, resource, units, warnings });
  });
});
