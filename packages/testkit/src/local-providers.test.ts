import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../test/error-of.ts';
import { type RunningPayi, type StartPayiOptions, startPayi } from './payi/start-payi.ts';
import { startAnthropic } from './start-anthropic.ts';
import { startBedrock } from './start-bedrock.ts';
import { startOpenAI } from './start-openai.ts';

let payi: RunningPayi;
beforeEach(() => start());
afterEach(() => payi.close());

async function start(options?: StartPayiOptions): Promise<void> {
  payi = await startPayi(options);
}

const messages = [{ role: 'user' as const, content: 'Hello' }];

function askOpenAI(): Promise<unknown> {
  const client = new OpenAI({
    apiKey: 'sk-test',
    baseURL: `${payi.url}/api/v1/proxy/openai/v1`,
    defaultHeaders: { 'xProxy-Api-Key': payi.apiKey },
    maxRetries: 0,
  });
  return client.chat.completions.create({ model: 'gpt-4o', messages });
}

describe('startPayi() with local providers', () => {
  it('finds OpenAI and Azure OpenAI', async () => {
    await using openai = await startOpenAI();
    await askOpenAI();
    const azure = new AzureOpenAI({
      apiKey: 'azure-test',
      endpoint: `${payi.url}/api/v1/proxy/azure.openai`,
      apiVersion: '2024-10-21',
      deployment: 'team-a',
      defaultHeaders: {
        'xProxy-Api-Key': payi.apiKey,
        'xProxy-Provider-BaseUri': 'https://acme.openai.azure.com',
        'xProxy-PriceAs-Resource': 'gpt-4o',
      },
    });
    await azure.chat.completions.create({ model: '', messages });
    expect(openai.requests.map(({ headers }) => headers.host)).toEqual([
      'api.openai.com',
      'acme.openai.azure.com',
    ]);
  });

  it('finds Anthropic, also on Azure', async () => {
    await using anthropic = await startAnthropic();
    for (const path of ['anthropic', 'azure.anthropic']) {
      const client = new Anthropic({
        apiKey: 'sk-ant-test',
        baseURL: `${payi.url}/api/v1/proxy/${path}`,
        defaultHeaders: { 'xProxy-Api-Key': payi.apiKey, 'xProxy-PriceAs-Resource': 'claude-opus-4-5' },
      });
      await client.messages.create({ model: 'claude-opus-4-5', max_tokens: 10, messages });
    }
    expect(anthropic.requests.map(({ headers }) => headers.host)).toEqual([
      'api.anthropic.com',
      'services.ai.azure.com',
    ]);
  });

  it('finds Bedrock, over TLS too', async () => {
    await using bedrock = await startBedrock({ tls: true });
    const client = new BedrockRuntimeClient({
      region: bedrock.region,
      endpoint: `${payi.url}/api/v1/proxy/aws.bedrock`,
      token: { token: bedrock.bearerToken },
      authSchemePreference: ['httpBearerAuth'],
    });
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, {
          'xProxy-Api-Key': payi.apiKey,
          'xProxy-Provider-BaseUri': 'https://bedrock-runtime.us-east-1.amazonaws.com',
        });
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const content = [{ text: 'Hello' }];
    const command = new ConverseCommand({
      modelId: 'amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content }],
    });
    expect((await client.send(command)).stopReason).toBe('end_turn');
    expect(bedrock.requests[0]?.signature.scheme).toBe('bearer');
    client.destroy();
  });

  it('prefers the one that was started last, until it is closed', async () => {
    await using first = await startOpenAI();
    const second = await startOpenAI();
    await askOpenAI();
    await second.close();
    await askOpenAI();
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  it('obeys upstream first', async () => {
    await using told = await startOpenAI();
    await using other = await startOpenAI();
    await payi.close();
    await start({ upstream: { 'api.openai.com': told.url } });
    await askOpenAI();
    expect([told.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  it('says what to do where there is none', async () => {
    expect((await errorOf(askOpenAI())).message).toContain('Start a local provider for api.openai.com');
  });

  it('answers preflights of browsers for all its paths', async () => {
    await using openai = await startOpenAI();
    const origin = 'https://app.example';
    for (const path of [
      '/api/v1/proxy/openai/v1/chat/completions',
      '/api/v1/ingest/bulk',
      '/api/v1/limits',
    ]) {
      const response = await fetch(payi.url + path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,xproxy-api-key',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,xproxy-api-key');
    }
    const response = await fetch(`${payi.url}/api/v1/proxy/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { origin, authorization: 'Bearer key', 'xProxy-Api-Key': payi.apiKey },
      body: JSON.stringify({ model: 'gpt-4o', messages }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect([payi.requests.length, openai.requests.length]).toEqual([1, 1]);
  });
});
