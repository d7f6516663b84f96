import {
  AnthropicBedrock as NewAnthropicBedrock,
  AnthropicBedrockMantle as NewAnthropicBedrockMantle,
} from '@anthropic-ai/bedrock-sdk';
import {
  AnthropicBedrock as OldAnthropicBedrock,
  AnthropicBedrockMantle as OldAnthropicBedrockMantle,
} from '@anthropic-ai/bedrock-sdk-0';
import NewAnthropic from '@anthropic-ai/sdk';
import OldAnthropic from '@anthropic-ai/sdk-0';
import { createPayi, type PayiOptions, type Receipt, type Route } from '@payi/core';
import type { RunningBedrock, RunningPayi } from '@payi/testkit';
import { type AnthropicClient, type AnthropicPayiOptions, withPayi } from '../src/index.ts';

/** The two ends of the range of versions that the package supports. What the tests use is the same in both. */
export const versions = {
  newest: {
    Anthropic: NewAnthropic,
    AnthropicBedrock: NewAnthropicBedrock,
    AnthropicBedrockMantle: NewAnthropicBedrockMantle,
  },
  oldest: {
    Anthropic: OldAnthropic as unknown as typeof NewAnthropic,
    AnthropicBedrock: OldAnthropicBedrock as unknown as typeof NewAnthropicBedrock,
    AnthropicBedrockMantle: OldAnthropicBedrockMantle as unknown as typeof NewAnthropicBedrockMantle,
  },
} as const;

export type Version = keyof typeof versions;
export const versionNames = Object.keys(versions) as Version[];

export type MessagesClient = Pick<NewAnthropic, 'messages' | 'beta'> & AnthropicClient;

export const model = 'claude-opus-4-5';
export const bedrockModel = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
export const question = {
  model,
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: 'hello' }],
};

export const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';

/** Options for a Bedrock client, signed for AWS's own host and answered by a local server. */
export function awsOptions({ credentials }: RunningBedrock): {
  awsRegion: string;
  awsAccessKey: string;
  awsSecretKey: string;
} {
  return {
    awsRegion: 'us-east-1',
    awsAccessKey: credentials.accessKeyId,
    awsSecretKey: credentials.secretAccessKey,
  };
}

export interface Observed<Client> {
  readonly client: Client;
  /** Every receipt that `onReceipt` was given. */
  readonly receipts: Receipt[];
}

/** The client with Pay-i on a route, and what it leaves. */
export function observe<Client extends AnthropicClient>(
  client: Client,
  route: Route,
  backend: RunningPayi,
  { payi, ...options }: Omit<AnthropicPayiOptions, 'payi'> & { readonly payi?: PayiOptions } = {},
): Observed<Client> {
  const receipts: Receipt[] = [];
  const observed = withPayi(client, {
    payi: createPayi({
      route,
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => receipts.push(receipt),
      ...payi,
    }),
    ...options,
  });
  return { client: observed, receipts };
}

export async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const list: Event[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** What a call was refused with. */
export function errorOf(call: PromiseLike<unknown>): Promise<Error & Record<string, unknown>> {
  return Promise.resolve(call).then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: Error & Record<string, unknown>) => error,
  );
}

export async function until(condition: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
