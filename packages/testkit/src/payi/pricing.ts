import { type Cost, priceUnits, roundUsd, upperBound } from 'payi-report';
import { toUnits, type Usage } from './usage.ts';

export { type Cost, roundUsd };

/** The cost of a call, as `priceUnits()` of payi-report has it. */
export function priceUsage(usage: Usage, category: string, resource: string): Cost | undefined {
  return priceUnits(toUnits(usage), category, resource);
}

/** What a call may cost, in US dollars, by its request. 0 if that is unknown. */
export function estimateCost(body: Uint8Array, category: string, resource: string): number {
  const units = upperBound(body, 4, 256);
  return (units && priceUnits(units, category, resource)?.total.base) ?? 0;
}
