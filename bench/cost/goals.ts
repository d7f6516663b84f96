import type { OperationName, Spec } from './operations.ts';

/** What one of our ways may add to the bare client that is given the same input. Bytes are checked, times are shown. */
export interface Goal {
  readonly operation: OperationName;
  readonly annotations: Spec['annotations'];
  readonly route?: Spec['route'];
  readonly plugin?: Spec['plugin'];
  readonly kilobytes?: number;
  readonly microseconds?: number;
  /** Times of the bare client, or of the literal by hand. */
  readonly ratio?: number;
}

export const goals: readonly Goal[] = [
  { operation: 'invoke-model', annotations: 'context', route: 'headers', kilobytes: 8.5, microseconds: 20 },
  { operation: 'invoke-model', annotations: 'context', route: 'direct', kilobytes: 8.5, microseconds: 20 },
  { operation: 'invoke-model', annotations: 'context', route: 'proxy', kilobytes: 14 },
  { operation: 'invoke-model', annotations: 'per call', route: 'headers', kilobytes: 8, microseconds: 15 },
  { operation: 'invoke-model', annotations: 'per call', route: 'direct', kilobytes: 8, microseconds: 15 },
  { operation: 'invoke-model', annotations: 'per call', route: 'proxy', kilobytes: 14 },
  { operation: 'openai-chat', annotations: 'context', route: 'headers', kilobytes: 10, microseconds: 20 },
  { operation: 'openai-chat', annotations: 'context', route: 'direct', kilobytes: 10, microseconds: 20 },
  { operation: 'openai-chat', annotations: 'context', route: 'proxy', kilobytes: 14 },
  { operation: 'openai-chat', annotations: 'per call', route: 'headers', kilobytes: 8, microseconds: 15 },
  { operation: 'openai-chat', annotations: 'per call', route: 'direct', kilobytes: 8, microseconds: 15 },
  { operation: 'openai-chat', annotations: 'per call', route: 'proxy', kilobytes: 14 },
  {
    operation: 'anthropic-message',
    annotations: 'context',
    route: 'headers',
    kilobytes: 10,
    microseconds: 28,
  },
  {
    operation: 'anthropic-message',
    annotations: 'context',
    route: 'direct',
    kilobytes: 10,
    microseconds: 28,
  },
  { operation: 'anthropic-message', annotations: 'context', route: 'proxy', kilobytes: 14 },
  {
    operation: 'anthropic-message',
    annotations: 'per call',
    route: 'headers',
    kilobytes: 8,
    microseconds: 15,
  },
  {
    operation: 'anthropic-message',
    annotations: 'per call',
    route: 'direct',
    kilobytes: 8,
    microseconds: 15,
  },
  { operation: 'anthropic-message', annotations: 'per call', route: 'proxy', kilobytes: 14 },
  { operation: 'invoke-model-stream', annotations: 'context', route: 'headers', ratio: 1.15 },
  { operation: 'openai-stream', annotations: 'context', route: 'headers', ratio: 1.15 },
  { operation: 'anthropic-stream', annotations: 'context', route: 'headers', ratio: 1.5 },
  { operation: 'invoke-model-event', annotations: 'context', route: 'headers', microseconds: 0.3 },
  { operation: 'openai-event', annotations: 'context', route: 'headers', microseconds: 0.3 },
  { operation: 'anthropic-event', annotations: 'context', route: 'headers', microseconds: 0.3 },
  { operation: 'create-headers', annotations: 'per call', ratio: 1.5 },
];

/** @returns `undefined` for what is not ours, and what has no goal. */
export function goalOf({ way, operation, annotations, route, plugin }: Spec): Goal | undefined {
  if (way !== 'Pay-i') return undefined;
  return goals.find(
    (goal) =>
      goal.operation === operation &&
      goal.annotations === annotations &&
      goal.route === route &&
      goal.plugin === plugin,
  );
}
