import { type Cost, priceUnits, roundUsd, upperBound } from 'payi-report';

export { type Cost, roundUsd };

/** What a call may cost, in US dollars, by its request. 0 if that is unknown. */
export function estimateCost(body: Uint8Array, category: string, resource: string): number {
  const units = upperBound(body, 4, 256);
  return (units && priceUnits(units, category, resource)?.total.base) ?? 0;
}
