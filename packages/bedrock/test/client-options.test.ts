import { createHeaders, createPayi, type Receipt, type Route } from '@payi/core';
import { track } from '@payi/core/context';
import { listen, type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { payiClientOptions } from '../src/index.ts';
import { modelId, profileArn } from './clients.ts';

const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const routes: readonly Route[] = ['proxy', 'direct', 'headers'];
const converse = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };

let direct: RunningBedrock;
/** Behind Pay-i: takes only what was signed for AWS's own host. */
let aws: RunningBedrock;
let backend: RunningPayi;
beforeAll(async () => {
  direct = await startBedrock();
  aws = await startBedrock({ expectedHosts: [awsHost], credentials: direct.credentials });
  backend = await startPayi({ upstream: { [awsHost]: aws.url } });
});
afterAll(() => Promise.all([backend.close(), direct.close(), aws.close()]));

/** A program that signs with `aws4fetch` and sends what that returns: a `Request`. */
function open(route: Route) {
  const receipts: Receipt[] = [];
  const { fetch } = payiClientOptions({
    payi: createPayi({
      route,
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => receipts.push(receipt),
    }),
  });
  const signer = new AwsClient({ ...direct.credentials, region: 'us-east-1', service: 'bedrock' });
  const origin = route === 'proxy' ? `https://${awsHost}` : direct.url;
  const provider = route === 'proxy' ? aws : direct;
  return {
    receipts,
    provider,
    async send(model: string, action: string, body: object, headers: Record<string, string> = {}) {
      const url = `${origin}/model/${encodeURIComponent(model)}/${action}`;
      return fetch(await signer.sign(url, { method: 'POST', body: JSON.stringify(body), headers }));
    },
    async receipt(): Promise<Receipt> {
      await expect.poll(() => receipts.length).toBe(1);
      return receipts[0] as Receipt;
    },
  };
}

const rows = routes.flatMap((route) => [modelId, profileArn].map((model) => ({ route, model })));

describe('payiClientOptions() behind aws4fetch', () => {
  it.each(rows)('keeps the signature of Converse, route $route, $model', async ({ route, model }) => {
    const { send, provider, receipt } = open(route);
    const response = await track({ userId: 'u-42' }, () => send(model, 'converse', converse));
    expect(response.status).toBe(200);
    const answer = (await response.json()) as { usage: { inputTokens: number; outputTokens: number } };
    const arrived = provider.requests.at(-1);
    expect(arrived).toMatchObject({
      modelId: model,
      operation: 'Converse',
      signature: { scheme: 'sigv4', valid: true },
    });
    expect(arrived?.headers['xproxy-user-id']).toBe(route === 'headers' ? 'u-42' : undefined);
    const { inputTokens: input, outputTokens: output } = answer.usage;
    expect(await receipt()).toMatchObject({
      operation: 'Converse',
      resource: model,
      annotations: { userId: 'u-42' },
      outcome: 'complete',
      units: { text: { input, output } },
      providerResponseId: arrived?.requestId,
    });
    if (route !== 'proxy') return;
    expect(backend.requests.at(-1)?.headers['xproxy-provider-baseuri']).toBe(`https://${awsHost}`);
    expect(backend.requests.at(-1)?.path).toBe(
      `/api/v1/proxy/aws.bedrock/model/${encodeURIComponent(model)}/converse`,
    );
  });

  it.each(routes)('reads the body of InvokeModel for a guardrail’s usage, route %s', async (route) => {
    const { send, provider, receipt } = open(route);
    const guardrail = { 'x-amzn-bedrock-guardrailidentifier': 'g-1', 'x-amzn-bedrock-guardrailversion': '1' };
    const usage = { inputTokens: 5, outputTokens: 6 };
    const json = {
      usage: { input_tokens: 5, output_tokens: 6 },
      'amazon-bedrock-guardrailAction': 'INTERVENED',
    };
    provider.answerNext({ json, usage });
    await (await send(modelId, 'invoke', { prompt: 'Hello' }, guardrail)).text();
    expect((await receipt()).properties).toMatchObject({
      'system.aws.bedrock.guardrail.action': expect.any(String),
    });
  });

  it.each(routes)('knows what was asked for, and how it was served, route %s', async (route) => {
    const { send, provider, receipts } = open(route);
    const asked = {
      'system.speed': 'optimized',
      'system.aws.bedrock.guardrail.id': 'g-1',
      'system.aws.bedrock.guardrail.version': '2',
    };
    const guardrailConfig = { guardrailIdentifier: 'g-1', guardrailVersion: '2' };
    const body = { ...converse, guardrailConfig, performanceConfig: { latency: 'optimized' } };
    const headers = {
      'x-amzn-bedrock-guardrailidentifier': 'g-1',
      'x-amzn-bedrock-guardrailversion': '2',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    };
    const served = { headers: { 'x-amzn-bedrock-service-tier': 'flex' } };
    provider.answerNext(served, served);
    await (await send(modelId, 'converse', body)).text();
    await (await send(modelId, 'invoke', { prompt: 'Hello' }, headers)).text();
    await expect.poll(() => receipts.length).toBe(2);
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ serviceTier: 'flex', properties: asked });
    }
  });

  it.each(routes)(
    'refuses headers that were signed, unless they go to a gateway, route %s',
    async (route) => {
      const { send, provider, receipts } = open(route);
      const before = provider.requests.length;
      const response = await send(modelId, 'converse', converse, createHeaders({ userId: 'u-1' }));
      if (route === 'headers') {
        await response.text();
        expect(provider.requests.at(-1)?.signature.valid).toBe(true);
        return;
      }
      expect(() => response.headers).toThrow(/"xproxy-user-id".*was signed for AWS.*track\(\)/);
      expect(provider.requests).toHaveLength(before);
      expect(receipts).toEqual([]);
    },
  );

  it('refuses a call that was signed for Pay-i', async () => {
    const payi = createPayi({ apiKey: backend.apiKey, baseUrl: backend.url });
    const { fetch } = payiClientOptions({ payi });
    const url = `${backend.url}/api/v1/proxy/aws.bedrock/model/m/converse`;
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect(() => response.headers).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
  });

  it('keeps an endpoint’s own path with the provider’s address', async () => {
    const { fetch } = payiClientOptions({
      payi: createPayi({ apiKey: backend.apiKey, baseUrl: backend.url }),
      fetch: (async (url: string, init: RequestInit) =>
        Response.json({
          url,
          base: new Headers(init.headers).get('xproxy-provider-baseuri'),
        })) as typeof fetch,
    });
    const response = await fetch('https://vpc.example/own/model/m/invoke?a=b', {
      method: 'POST',
      body: '{}',
    });
    expect(await response.json()).toEqual({
      url: `${backend.url}/api/v1/proxy/aws.bedrock/model/m/invoke?a=b`,
      base: 'https://vpc.example/own',
    });
  });

  it('goes to AWS with its signature when Pay-i is down and the settings allow it', async () => {
    const closed = await listen(() => {});
    await closed.close();
    const receipts: Receipt[] = [];
    const payi = createPayi({
      apiKey: backend.apiKey,
      baseUrl: closed.url,
      onUnavailable: 'direct',
      delivery: { offline: () => {} },
      onDiagnostic: () => {},
      onReceipt: (receipt) => receipts.push(receipt),
    });
    const { fetch } = payiClientOptions({ payi });
    const signer = new AwsClient({ ...direct.credentials, region: 'us-east-1', service: 'bedrock' });
    const url = `${direct.url}/model/${modelId}/converse`;
    const signed = await signer.sign(url, { method: 'POST', body: JSON.stringify(converse) });
    const response = await track({ userId: 'u-42' }, () => fetch(signed));
    expect(response.status).toBe(200);
    await response.text();
    expect(direct.requests.at(-1)?.signature.valid).toBe(true);
    expect(direct.requests.at(-1)?.headers).not.toHaveProperty('xproxy-user-id');
    await expect.poll(() => receipts.length).toBe(1);
    expect(receipts[0]).toMatchObject({ outcome: 'complete', annotations: { userId: 'u-42' } });
  });

  it('names the error of the provider in the receipt', async () => {
    const { send, provider, receipt } = open('direct');
    provider.answerNext({ error: { type: 'ThrottlingException' } });
    const response = await send(modelId, 'converse', converse);
    expect(response.status).toBe(429);
    await response.text();
    expect(await receipt()).toMatchObject({
      outcome: 'failed',
      properties: { 'system.failure': 'ThrottlingException' },
    });
  });

  it.each(['count-tokens', 'nonsense'])('leaves %s alone', async (action) => {
    const { send, provider, receipts } = open('direct');
    await send(modelId, action, converse);
    expect(provider.requests.at(-1)?.path).toContain(action);
    expect(receipts).toEqual([]);
  });
});
