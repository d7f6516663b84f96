import { type Cost, priceUnits, roundUsd } from 'payi-report';
import { toUnits, type Usage } from './usage.ts';

export { type Cost, roundUsd };

/** The cost of a call, as `priceUnits()` of payi-report has it. */
export function priceUsage(usage: Usage, category: string, resource: string): Cost | undefined {
  return priceUnits(toUnits(usage), category, resource);
}
