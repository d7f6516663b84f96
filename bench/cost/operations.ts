import type { Route } from '@payi/core';

/** What is measured, and how often. */
export interface Operation {
  readonly title: string;
  /** Absent where no client is called. */
  readonly provider?: Provider;
  /** Of a streamed answer. */
  readonly events?: number;
  readonly eventsPerChunk?: number;
  /** Figures are those of one event. */
  readonly isPerEvent?: true;
  /** Calls until V8 has optimized them: until then bytes fall, too. */
  readonly warmUp: number;
  /** In a batch. */
  readonly calls: number;
}

export type Provider = 'bedrock' | 'openai' | 'anthropic';

const call = { warmUp: 4000, calls: 250 } as const;
const stream = { events: 20, eventsPerChunk: 1, warmUp: 1500, calls: 100 } as const;
const longStream = { events: 2000, eventsPerChunk: 10, isPerEvent: true, warmUp: 40, calls: 2 } as const;

/** By the name that `--only` takes. */
export const operations = {
  'invoke-model': { title: 'Bedrock InvokeModel', provider: 'bedrock', ...call },
  'openai-chat': { title: 'OpenAI chat completion', provider: 'openai', ...call },
  'anthropic-message': { title: 'Anthropic message', provider: 'anthropic', ...call },
  'invoke-model-stream': { title: 'Bedrock, a stream of 20 events', provider: 'bedrock', ...stream },
  'openai-stream': { title: 'OpenAI, a stream of 20 events', provider: 'openai', ...stream },
  'anthropic-stream': { title: 'Anthropic, a stream of 20 events', provider: 'anthropic', ...stream },
  'invoke-model-event': {
    title: 'Bedrock, an event of a stream of 2000',
    provider: 'bedrock',
    ...longStream,
  },
  'openai-event': { title: 'OpenAI, an event of a stream of 2000', provider: 'openai', ...longStream },
  'anthropic-event': {
    title: 'Anthropic, an event of a stream of 2000',
    provider: 'anthropic',
    ...longStream,
  },
  'create-headers': { title: 'Headers of 13 fields', warmUp: 40_000, calls: 4000 },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;

/** A way of doing an operation, which one process measures. */
export interface Spec {
  readonly operation: OperationName;
  /** Otherwise the package of an instrumentation. */
  readonly way: 'bare' | 'by hand' | 'Pay-i' | `@${string}`;
  /** How annotations reach the call: not at all, from a context around it, or as headers that are given with it. */
  readonly annotations: 'none' | 'context' | 'per call';
  readonly route?: Route;
  /** What the call has besides. */
  readonly plugin?: 'otel' | 'budgets' | 'requestMetadata';
  /** Whether the answer holds Pay-i's result, as it does on route `proxy`. */
  readonly isProxied?: true;
  /** Whether V8 has the new texts in pieces, see `built` in annotations.ts. */
  readonly isBuilt?: true;
}
