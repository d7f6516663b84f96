import type { Receipt } from '@payi/core';
import type { Units } from 'payi-report';

/**
 * Prices counts, in US dollars. `undefined` if there is no price. {@link https://www.npmjs.com/package/payi-report |
 * `priceUnits` of payi-report} is one.
 *
 * @param category - Pay-i's name of the provider, e.g. `system.openai`.
 * @param resource - The model as the provider names it.
 */
export type Price = (
  units: Units,
  category: string,
  resource: string,
) => { readonly total: { readonly base: number } } | undefined;

/** @returns What a call cost in US dollars: as Pay-i states it, else by its counts. `undefined` if that is unknown. */
export function costOf(
  { cost, units, category, model, resource, providerCost }: Receipt,
  price: Price,
): number | undefined {
  if (cost?.total !== undefined && cost.currency.toLowerCase() === 'usd') return cost.total;
  if (Object.keys(units).length === 0) return undefined;
  const priced = (model !== undefined && price(units, category, model)) || price(units, category, resource);
  return (priced || undefined)?.total.base ?? providerCost?.total;
}
