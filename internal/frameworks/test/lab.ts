import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAmazonBedrockAnthropic } from '@ai-sdk/amazon-bedrock/anthropic';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { LLMock } from '@copilotkit/aimock';
import { payiClientOptions as forAnthropic } from '@payi/anthropic';
import { payiClientOptions as forBedrock } from '@payi/bedrock';
import { createPayi, type Diagnostic, type Payi, type Receipt, type Route } from '@payi/core';
import { payiClientOptions as forOpenAI } from '@payi/openai';
import {
  type BedrockAnswer,
  type BedrockCall,
  type RunningBedrock,
  type RunningPayi,
  startBedrock,
  startPayi,
} from '@payi/testkit';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

export const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
export const answer = 'Hello there';
export const toolQuestion = 'What is the weather in Paris?';
const usage = { inputTokens: 12, outputTokens: 7 };
export const units = { text: { input: 12, output: 7 } };

/** Where a provider of the AI SDK finds its model: `undefined` for the real address, which Pay-i's proxy forwards to. */
export interface Place {
  readonly url: string | undefined;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly payi: Payi;
}

/** One provider package of the AI SDK, with the `fetch` of the adapter for it. */
export const providers = {
  openai: {
    host: 'api.openai.com',
    resource: 'gpt-4o',
    model: ({ url, payi }: Place) =>
      createOpenAI({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forOpenAI({ payi }) })('gpt-4o'),
  },
  'openai.chat': {
    host: 'api.openai.com',
    resource: 'gpt-4o',
    model: ({ url, payi }: Place) =>
      createOpenAI({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forOpenAI({ payi }) }).chat(
        'gpt-4o',
      ),
  },
  anthropic: {
    host: 'api.anthropic.com',
    resource: 'claude-opus-4-5',
    model: ({ url, payi }: Place) =>
      createAnthropic({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forAnthropic({ payi }) })(
        'claude-opus-4-5',
      ),
  },
  bedrock: {
    host: awsHost,
    resource: 'amazon.nova-lite-v1:0',
    model: (place: Place) => bedrockOf(place)('amazon.nova-lite-v1:0'),
  },
};
export type ProviderName = keyof typeof providers;

export const bedrockOf = ({ url, credentials, payi }: Place, apiKey?: string) =>
  createAmazonBedrock({
    region: 'us-east-1',
    ...credentials,
    ...(apiKey && { apiKey }),
    ...(url && { baseURL: url }),
    ...forBedrock({ payi }),
  });

/** Claude by InvokeModel, in Anthropic's own format. */
export const claudeOf = ({ url, credentials, payi }: Place) =>
  createAmazonBedrockAnthropic({
    region: 'us-east-1',
    ...credentials,
    ...(url && { baseURL: url }),
    ...forBedrock({ payi }),
  })('anthropic.claude-3-7-sonnet-20250219-v1:0');

/** Providers and a Pay-i on this machine, for the tests of one file. */
export class Lab {
  #api = new LLMock({ port: 0 });
  #bedrock: RunningBedrock | undefined;
  #backend: RunningPayi | undefined;
  #open: Payi[] = [];
  receipts: Receipt[] = [];
  diagnostics: Diagnostic[] = [];

  constructor() {
    const counted = {
      usage: { prompt_tokens: 12, completion_tokens: 7, input_tokens: 12, output_tokens: 7 },
    };
    const call = { toolCalls: [{ name: 'weather', arguments: '{"city":"Paris"}' }], ...counted };
    this.#api.onMessage('Hello', { content: answer, ...counted });
    this.#api.onMessage(toolQuestion, ({ messages }) =>
      messages.at(-1)?.role === 'tool' ? { content: answer, ...counted } : call,
    );
    this.#api.onMessage('refused', { error: { message: 'no', type: 'invalid_request_error' }, status: 400 });
    beforeAll(async () => {
      await this.#api.start();
      this.#bedrock = await startBedrock({ answer: answerOfBedrock });
      this.#backend = await startPayi({
        upstream: {
          'api.openai.com': this.#api.url,
          'api.anthropic.com': this.#api.url,
          [awsHost]: this.bedrock.url,
        },
        limits: [{ id: 'spent', max: 0, type: 'block' }],
      });
    });
    afterEach(async () => {
      await Promise.all(this.#open.splice(0).map((payi) => payi.close()));
      this.receipts = [];
      this.diagnostics = [];
    });
    afterAll(() => Promise.all([this.#api.stop(), this.bedrock.close(), this.backend.close()]));
  }

  get bedrock(): RunningBedrock {
    return this.#bedrock as RunningBedrock;
  }

  get backend(): RunningPayi {
    return this.#backend as RunningPayi;
  }

  place(provider: ProviderName, route: Route): Place {
    const payi = createPayi({
      route,
      apiKey: this.backend.apiKey,
      baseUrl: this.backend.url,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => this.receipts.push(receipt),
      onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
    });
    this.#open.push(payi);
    const local = provider === 'bedrock' ? this.bedrock.url : this.#api.url;
    return { url: route === 'proxy' ? undefined : local, credentials: this.bedrock.credentials, payi };
  }

  /** Headers of what reached a provider last. */
  arrived(provider: ProviderName): Readonly<Record<string, unknown>> {
    if (provider === 'bedrock') return this.bedrock.requests.at(-1)?.headers ?? {};
    return (this.#api.getRequests().at(-1)?.headers ?? {}) as Record<string, unknown>;
  }

  /** The receipts of the test, once there are so many. */
  async theReceipts(count: number): Promise<Receipt[]> {
    await expect.poll(() => this.receipts.length).toBe(count);
    return this.receipts;
  }
}

function answerOfBedrock({ operation, json }: BedrockCall): BedrockAnswer | undefined {
  const asked = JSON.stringify(json?.messages ?? '');
  if (asked.includes('refused')) return { error: { type: 'ValidationException' } };
  if (!operation.startsWith('Converse')) return undefined;
  if (!asked.includes(toolQuestion) || asked.includes('toolResult')) return { text: answer, usage };
  const toolUse = { toolUseId: 'tool-1', name: 'weather' };
  if (operation === 'Converse') {
    const content = [{ toolUse: { ...toolUse, input: { city: 'Paris' } } }];
    const counts = { ...usage, totalTokens: 19 };
    return {
      json: { output: { message: { role: 'assistant', content } }, stopReason: 'tool_use', usage: counts },
    };
  }
  const contentBlockIndex = 0;
  return {
    events: [
      { event: 'messageStart', payload: { role: 'assistant' } },
      { event: 'contentBlockStart', payload: { contentBlockIndex, start: { toolUse } } },
      {
        event: 'contentBlockDelta',
        payload: { contentBlockIndex, delta: { toolUse: { input: '{"city":"Paris"}' } } },
      },
      { event: 'contentBlockStop', payload: { contentBlockIndex } },
      { event: 'messageStop', payload: { stopReason: 'tool_use' } },
      { event: 'metadata', payload: { usage: { ...usage, totalTokens: 19 }, metrics: { latencyMs: 1 } } },
    ],
  };
}
