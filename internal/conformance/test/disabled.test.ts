import { Anthropic } from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks, registeredOperations } from '@payi/bedrock';
import { type ConfigurationError, createPayi, type Payi } from '@payi/core';
import { track } from '@payi/core/context';
import { payiClientOptions as googleOptions, withPayi as withPayiGoogle } from '@payi/google';
import { payiClientOptions, withPayi as withPayiOpenAI } from '@payi/openai';
import { startBedrock } from '@payi/testkit';
import { OpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** How Pay-i is switched off, and what the adapters are then given. */
const ways: Record<string, () => { readonly payi?: Payi }> = {
  'createPayi({ enabled: false })': () => ({
    payi: createPayi({ enabled: false, baseUrl: 'nowhere', route: 'somehow' as never, defaults: 7 as never }),
  }),
  'PAYI_DISABLED=1': () => {
    vi.stubEnv('PAYI_DISABLED', '1');
    return {};
  },
  'PAYI_DISABLED=true, against enabled: true': () => {
    vi.stubEnv('PAYI_DISABLED', ' True ');
    return { payi: createPayi({ enabled: true, baseUrl: 'nowhere' }) };
  },
};

beforeEach(() => {
  for (const name of ['PAYI_API_KEY', 'ASCERTA_API_KEY', 'PAYI_BASE_URL']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe.each(Object.entries(ways))('switched off by %s', (_, switchOff) => {
  it('a client stays the object it is, and no key is asked for', () => {
    const options = switchOff();
    const openai = new OpenAI({ apiKey: 'sk-test' });
    const anthropic = new Anthropic({ apiKey: 'sk-ant-test' });
    expect(withPayiOpenAI(openai, options)).toBe(openai);
    expect(withPayiAnthropic(anthropic, options)).toBe(anthropic);
    const google = new GoogleGenAI({ apiKey: 'test' });
    expect(withPayiGoogle(google, options)).toBe(google);
    expect(payiClientOptions({ ...options, fetch })).toEqual({ fetch });
    expect(googleOptions({ ...options, fetch })).toEqual({ fetch });
    expect(withPayiOpenAI('no client' as never, options)).toBe('no client');
  });

  it('a Bedrock client is not touched, and its calls go to AWS', async () => {
    await using bedrock = await startBedrock();
    const client = new BedrockRuntimeClient(bedrock.clientConfig);
    const before = client.middlewareStack.identify();
    const { requestHandler } = client.config;
    const registration = registerBedrockClientCallbacks(client, 'Nonsense' as never, switchOff());
    expect(client.middlewareStack.identify()).toEqual(before);
    expect(client.config.requestHandler).toBe(requestHandler);
    expect(registeredOperations(client)).toEqual([]);
    expect(registration.operations).toEqual(['Nonsense']);
    const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
    const call = new ConverseCommand({
      modelId: 'amazon.nova-lite-v1:0',
      messages,
      extraHeaders: { any: 'thing' },
    });
    const { output } = await track({ userId: 'u-1' }, () => client.send(call));
    expect(output?.message?.content?.[0]?.text).toContain('hi');
    expect(bedrock.requests[0]?.headers).not.toHaveProperty('any');
    registration.unregister();
    client.destroy();
  });

  it('there is nothing to deliver', async () => {
    const { payi = createPayi() } = switchOff();
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 0 });
    expect([await payi.flush(), await payi.close()]).toEqual([true, true]);
  });
});

it.each(['0', 'false', ''])('PAYI_DISABLED=%j does not switch Pay-i off', (value) => {
  vi.stubEnv('PAYI_DISABLED', value);
  expect(() => withPayiOpenAI(new OpenAI({ apiKey: 'sk-test' }))).toThrow(/apiKey/);
});

it('refuses what is neither true nor false', () => {
  expect(() => createPayi({ enabled: 'false' as never })).toThrow(
    expect.objectContaining({ name: 'ConfigurationError' } satisfies Partial<ConfigurationError>),
  );
});
