import { createPayi, type Diagnostic, type Receipt } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';
import { completion } from './answers.ts';
import { type Provider, startProvider } from './provider.ts';

let provider: Provider;
let backend: RunningPayi;
beforeAll(async () => {
  provider = await startProvider();
  // Pay-i forwards to the provider, whatever host a call names.
  backend = await startPayi({ upstream: provider.url });
});
afterAll(() => Promise.all([provider.close(), backend.close()]));

/** A network in which every host but Pay-i's is the provider. */
const fetch: typeof globalThis.fetch = (input, init) => {
  const url = new URL(String(input));
  const isPayi = url.origin === backend.url;
  const target = isPayi ? url : new URL(url.pathname + url.search, provider.url);
  return globalThis.fetch(target, { ...init, headers: { ...headersOf(init), 'x-host': url.host } });
};
const headersOf = (init?: RequestInit): Record<string, string> =>
  Object.fromEntries(new Headers(init?.headers));

const plain = (baseURL: string) => () => new OpenAI({ apiKey: 'sk-test', baseURL, maxRetries: 0, fetch });
const azure = (options: object) => () =>
  new AzureOpenAI({ apiKey: 'k', apiVersion: '2024-10-21', maxRetries: 0, fetch, ...options });

const openai = 'system.openai';
const azureOpenai = 'system.azureopenai';
/** Category, and how a client comes to the server. */
const served: Readonly<Record<string, readonly [string, () => OpenAI]>> = {
  OpenAI: [openai, plain('https://api.openai.com/v1')],
  'OpenAI in Europe': [openai, plain('https://eu.api.openai.com/v1')],
  OpenRouter: [openai, plain('https://openrouter.ai/api/v1')],
  Groq: [openai, plain('https://api.groq.com/openai/v1/')],
  Gemini: ['system.google.vertex', plain('https://generativelanguage.googleapis.com/v1beta/openai/')],
  Zhipu: [openai, plain('https://open.bigmodel.cn/api/paas/v4')],
  Fireworks: [openai, plain('https://api.fireworks.ai/inference/v1')],
  'a server without a path': [openai, plain('https://api.perplexity.ai')],
  'a server with a port': [openai, plain('http://vllm.internal:8000/v1')],
  'a base URL with a query': [openai, plain('https://gateway.example/v1?tenant=acme')],
  'Databricks on AWS': [
    'system.databricks.aws',
    plain('https://dbc-1.cloud.databricks.com/serving-endpoints'),
  ],
  'Databricks on Azure': [
    'system.databricks.azure',
    plain('https://adb-1.2.azuredatabricks.net/serving-endpoints'),
  ],
  'Databricks on Google': [
    'system.databricks.google',
    plain('https://1.2.gcp.databricks.com/serving-endpoints'),
  ],
  'a deployment of Azure': [
    azureOpenai,
    azure({ endpoint: 'https://team.openai.azure.com', deployment: 'd' }),
  ],
  'a gateway before Azure': [
    azureOpenai,
    azure({ endpoint: 'https://gateway.example/team/', deployment: 'd' }),
  ],
  'Azure by a plain client': [azureOpenai, plain('https://team.openai.azure.com/openai/deployments/d')],
};
const bedrock = 'system.aws.bedrock';
const unserved: typeof served = {
  'Bedrock’s runtime': [bedrock, plain('https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1')],
  'Bedrock’s runtime in China': [
    bedrock,
    plain('https://bedrock-runtime.cn-north-1.amazonaws.com.cn/openai/v1'),
  ],
  'Bedrock’s runtime with FIPS': [
    bedrock,
    plain('https://bedrock-runtime-fips.us-east-1.amazonaws.com/openai/v1'),
  ],
  'Bedrock’s mantle': [bedrock, plain('https://bedrock-mantle.us-east-1.api.aws/openai/v1')],
  'Vertex AI': [
    'system.google.vertex',
    plain('https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/endpoints/openapi'),
  ],
  'Vertex AI of all regions': [
    'system.google.vertex',
    plain('https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi'),
  ],
};

async function call(make: () => OpenAI, model: string) {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  provider.answerWith({ json: completion });
  const entries = backend.ledger.length;
  await make().chat.completions.create({ model, messages: [] });
  await withPayi(make(), { payi }).chat.completions.create({ model, messages: [] });
  const [bare, ours] = provider.requests;
  return { bare, ours, receipts, diagnostics, entries: backend.ledger.slice(entries) };
}

describe.each(Object.entries(served))('%s, on route proxy,', (_, [category, make]) => {
  it('is reached through Pay-i where the bare client reaches it', async () => {
    const { bare, ours, receipts, diagnostics, entries } = await call(make, 'model');
    expect(ours?.path).toBe(bare?.path);
    expect(ours?.headers.host).toBe(bare?.headers['x-host']);
    expect(ours?.headers.authorization).toBe(bare?.headers.authorization);
    expect(Object.keys(ours?.headers ?? {}).filter((name) => name.startsWith('xproxy'))).toEqual([]);
    expect(entries).toMatchObject([{ outcome: 'ok' }]);
    expect(receipts).toMatchObject([
      { category, outcome: 'complete', requestId: entries[0]?.requestId, warnings: [] },
    ]);
    expect(diagnostics).toEqual([]);
    const { priceAsCategory, priceAsResource } = entries[0]?.annotations ?? {};
    expect(priceAsCategory).toBe(/databricks|google/.test(category) ? category : undefined);
    expect(priceAsResource).toBe(
      category === azureOpenai ? 'd' : receipts[0]?.resource.match(/^google\..*/)?.[0],
    );
  });
});

it.each(['gemini-2.5-flash', 'models/gemini-2.5-flash'])(
  'a model of the Gemini API has one name, however it is asked for: %s',
  async (model) => {
    const [, gemini] = served.Gemini as (typeof served)[string];
    const { receipts, entries } = await call(gemini, model);
    expect(receipts).toMatchObject([{ resource: 'google.gemini-2.5-flash' }]);
    expect(entries[0]?.annotations).toMatchObject({ priceAsResource: 'google.gemini-2.5-flash' });
  },
);

describe.each(Object.entries(unserved))('%s, on route proxy,', (_, [category, make]) => {
  it('is reached directly, which withPayi() says', async () => {
    const { bare, ours, receipts, diagnostics, entries } = await call(make, 'google/gemini');
    expect(ours?.path).toBe(bare?.path);
    expect(ours?.headers['x-host']).toBe(bare?.headers['x-host']);
    expect(Object.keys(ours?.headers ?? {}).filter((name) => name.startsWith('xproxy'))).toEqual([]);
    expect(entries).toEqual([]);
    expect(receipts).toMatchObject([
      {
        category,
        resource: category === bedrock ? 'google/gemini' : 'google.gemini',
        warnings: [expect.stringContaining('does not serve')],
      },
    ]);
    expect(diagnostics).toMatchObject([
      { code: 'NOT_PROXIED', message: expect.stringContaining(`does not serve ${bare?.headers['x-host']}:`) },
    ]);
  });
});

it('a server whose host only looks like one of these is not taken for it', async () => {
  for (const host of [
    'bedrock-runtime.example.com',
    'notaiplatform.googleapis.com.example',
    'azuredatabricks.net.example',
  ]) {
    const { receipts, diagnostics } = await call(plain(`https://${host}/v1`), 'model');
    expect(receipts).toMatchObject([{ category: openai }]);
    expect(diagnostics).toEqual([]);
  }
});
