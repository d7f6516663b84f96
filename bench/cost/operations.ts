import type { Route } from '@payi/core';

/** What is measured, and how often. */
export interface Operation {
  readonly title: string;
  readonly provider: 'bedrock' | 'openai' | 'anthropic';
  /** Calls until V8 has optimized them: until then bytes fall, too. */
  readonly warmUp: number;
  /** In a batch. */
  readonly calls: number;
}

const perCall = { warmUp: 4000, calls: 250 } as const;

/** By the name that `--only` takes. */
export const operations = {
  'invoke-model': { title: 'Bedrock InvokeModel', provider: 'bedrock', ...perCall },
  'openai-chat': { title: 'OpenAI chat completion', provider: 'openai', ...perCall },
  'anthropic-message': { title: 'Anthropic message', provider: 'anthropic', ...perCall },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;

/** A way of making a call, which one process measures. */
export interface Spec {
  readonly operation: OperationName;
  readonly way: 'bare' | 'by hand' | 'Pay-i';
  /** How annotations reach the call: not at all, from a context around it, or as headers that are given with it. */
  readonly annotations: 'none' | 'context' | 'per call';
  readonly route?: Route;
  /** Whether the answer holds Pay-i's result, as it does on route `proxy`. */
  readonly isProxied: boolean;
}
