import type { Receipt } from '@payi/core';

/** A receipt in a line, without its times, which differ from run to run. */
export function formatReceipt({ outcome, units, cost, limits, toolCalls }: Receipt): string {
  const { input = '?', output = '?' } = units.text ?? {};
  return [
    outcome,
    `${input} in`,
    `${output} out`,
    cost?.total === undefined ? 'no cost' : `${cost.total.toFixed(6)} ${cost.currency}`,
    ...Object.entries(limits ?? {}).map(([id, state]) => `${id} ${state}`),
    ...toolCalls.map((name) => `called ${name}`),
  ].join(', ');
}
