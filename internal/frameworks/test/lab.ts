import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAmazonBedrockAnthropic } from '@ai-sdk/amazon-bedrock/anthropic';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { payiClientOptions as forAnthropic } from '@payi/anthropic';
import { payiClientOptions as forBedrock } from '@payi/bedrock';
import { createPayi, type Diagnostic, type Payi, type Receipt, type Route } from '@payi/core';
import { payiClientOptions as forOpenAI } from '@payi/openai';
import {
  type BedrockAnswer,
  type BedrockCall,
  type ProviderAnswer,
  type ProviderRequest,
  type RunningAnthropic,
  type RunningBedrock,
  type RunningOpenAI,
  type RunningPayi,
  startAnthropic,
  startBedrock,
  startOpenAI,
  startPayi,
} from '@payi/testkit';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

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
    resource: 'gpt-4o',
    model: ({ url, payi }: Place) =>
      createOpenAI({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forOpenAI({ payi }) })('gpt-4o'),
  },
  'openai.chat': {
    resource: 'gpt-4o',
    model: ({ url, payi }: Place) =>
      createOpenAI({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forOpenAI({ payi }) }).chat(
        'gpt-4o',
      ),
  },
  anthropic: {
    resource: 'claude-opus-4-5',
    model: ({ url, payi }: Place) =>
      createAnthropic({ apiKey: 'sk', ...(url && { baseURL: `${url}/v1` }), ...forAnthropic({ payi }) })(
        'claude-opus-4-5',
      ),
  },
  bedrock: {
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
  #openai: RunningOpenAI | undefined;
  #anthropic: RunningAnthropic | undefined;
  #bedrock: RunningBedrock | undefined;
  #backend: RunningPayi | undefined;
  #open: Payi[] = [];
  receipts: Receipt[] = [];
  diagnostics: Diagnostic[] = [];

  constructor() {
    beforeAll(async () => {
      this.#openai = await startOpenAI({ answer: answerOfApi });
      this.#anthropic = await startAnthropic({ answer: answerOfApi });
      this.#bedrock = await startBedrock({ answer: answerOfBedrock });
      this.#backend = await startPayi({ limits: [{ id: 'spent', max: 0, type: 'block' }] });
    });
    afterEach(async () => {
      await Promise.all(this.#open.splice(0).map((payi) => payi.close()));
      this.receipts = [];
      this.diagnostics = [];
    });
    afterAll(() =>
      Promise.all([
        this.#openai?.close(),
        this.#anthropic?.close(),
        this.bedrock.close(),
        this.backend.close(),
      ]),
    );
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
    const { url } = this.#server(provider);
    return { url: route === 'proxy' ? undefined : url, credentials: this.bedrock.credentials, payi };
  }

  /** Headers of what reached a provider last. */
  arrived(provider: ProviderName): Readonly<Record<string, unknown>> {
    return this.#server(provider).requests.at(-1)?.headers ?? {};
  }

  #server(provider: ProviderName): RunningAnthropic | RunningBedrock | RunningOpenAI {
    if (provider === 'bedrock') return this.bedrock;
    return (provider === 'anthropic' ? this.#anthropic : this.#openai) as RunningAnthropic | RunningOpenAI;
  }

  /** The receipts of the test, once there are so many. */
  async theReceipts(count: number): Promise<Receipt[]> {
    await expect.poll(() => this.receipts.length).toBe(count);
    return this.receipts;
  }
}

function answerOfApi({ json }: ProviderRequest): ProviderAnswer {
  const asked = JSON.stringify(json?.messages ?? json?.input);
  if (asked.includes('refused')) return { error: { status: 400 } };
  const hasResult = /"(?:tool|tool_result|function_call_output)"/.test(asked);
  if (!asked.includes(toolQuestion) || hasResult) return { text: answer, usage };
  return { toolCalls: [{ name: 'weather', arguments: { city: 'Paris' } }], usage };
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
