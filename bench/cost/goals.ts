import type { OperationName, Spec } from './operations.ts';

/** What one of our ways may add to the bare client that is given the same input. Bytes are checked, times are shown. */
export interface Goal extends Required<Pick<Spec, 'annotations' | 'route'>> {
  readonly operation: OperationName;
  readonly kilobytes: number;
  readonly microseconds?: number;
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
];

/** @returns `undefined` for what has no goal. */
export function goalOf({ operation, annotations, route }: Spec): Goal | undefined {
  return goals.find(
    (goal) => goal.operation === operation && goal.annotations === annotations && goal.route === route,
  );
}
