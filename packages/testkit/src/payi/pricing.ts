import { randomUUID } from 'node:crypto';
import {
  type Cost,
  pricedCategories,
  pricedModels,
  priceUnits,
  roundUsd,
  type Units,
  upperBound,
} from 'payi-report';

export { type Cost, roundUsd };

/** In US dollars for one unit. */
export type UnitPrices = Record<string, { input_price?: number; output_price?: number }>;

/** One version of the prices of a model, as Pay-i's REST API shows it. */
export interface Resource {
  resource_id: string;
  category: string;
  resource: string;
  active: boolean;
  proxy_allowed: boolean;
  start_timestamp: string;
  end_timestamp?: string;
  units: UnitPrices;
  max_input_units?: number;
  max_output_units?: number;
  max_total_units?: number;
}

type NewResource = Omit<Resource, 'resource_id' | 'active' | 'proxy_allowed' | 'end_timestamp'>;

/** Kinds of units that may have prices of their own in the price list. */
const unitNames = ['text', 'text_cache_read', 'text_cache_write', 'text_cache_write_1h', 'audio', 'vision'];
/** When the prices of the list began is not known. */
const listStart = '1970-01-01T00:00:00.000Z';

/** What calls cost: by prices that were added over the API, else by the price list. */
export class Prices {
  /** Versions in the order of their start, by category and resource. */
  readonly #added = new Map<string, Map<string, Omit<Resource, 'active' | 'end_timestamp'>[]>>();

  get categories(): readonly string[] {
    return [...new Set([...pricedCategories, ...this.#added.keys()])];
  }

  /** Whether the prices are Pay-i's own, which nobody changes. */
  isListed(category: string): boolean {
    return pricedCategories.includes(category);
  }

  /** @returns `undefined` if no price is known. */
  cost(units: Units, category: string, resource: string): Cost | undefined {
    const own = this.versions(category, resource).find(({ active }) => active);
    if (own === undefined || this.isListed(category)) return priceUnits(units, category, resource);
    const sum = (part: 'input' | 'output'): { base: number } => {
      const amounts = Object.entries(units).map(
        ([name, counts]) => (counts[part] ?? 0) * (own.units[name]?.[`${part}_price`] ?? 0),
      );
      return { base: roundUsd(amounts.reduce((total, amount) => total + amount, 0)) };
    };
    const [input, output] = [sum('input'), sum('output')];
    return { currency: 'usd', input, output, total: { base: roundUsd(input.base + output.base) } };
  }

  /** What a call may cost, in US dollars, by its request. 0 if that is unknown. */
  estimate(body: Uint8Array, category: string, resource: string): number {
    const units = upperBound(body, 4, 256);
    return (units && this.cost(units, category, resource)?.total.base) ?? 0;
  }

  /** The models of a category, each with all versions of its prices. */
  resources(category: string): Resource[] {
    const names = [...pricedModels(category), ...(this.#added.get(category)?.keys() ?? [])];
    return names.flatMap((name) => this.versions(category, name));
  }

  /** The versions of the prices of a model: of those that have begun, the last is active. */
  versions(category: string, resource: string): Resource[] {
    if (this.isListed(category)) return listed(category, resource);
    const versions = this.#added.get(category)?.get(resource) ?? [];
    const now = new Date().toISOString();
    const active = versions.findLastIndex(({ start_timestamp }) => start_timestamp <= now);
    return versions.map((version, index) => {
      const end = versions[index + 1]?.start_timestamp;
      return { ...version, active: index === active, ...(end !== undefined && { end_timestamp: end }) };
    });
  }

  add(version: NewResource): Resource {
    const { category, resource } = version;
    const resources = this.#added.get(category) ?? new Map();
    this.#added.set(category, resources);
    const added = { resource_id: randomUUID(), proxy_allowed: true, ...version };
    const versions = [...(resources.get(resource) ?? []), added];
    resources.set(
      resource,
      versions.sort((one, other) => (one.start_timestamp < other.start_timestamp ? -1 : 1)),
    );
    return this.versions(category, resource).find(
      ({ resource_id }) => resource_id === added.resource_id,
    ) as Resource;
  }

  /** Deletes versions. A model or a category without any is gone. */
  delete(deleted: readonly Resource[]): void {
    const ids = new Set(deleted.map(({ resource_id }) => resource_id));
    for (const { category, resource } of deleted) {
      const resources = this.#added.get(category);
      const left = resources?.get(resource)?.filter(({ resource_id }) => !ids.has(resource_id)) ?? [];
      if (left.length > 0) resources?.set(resource, left);
      else resources?.delete(resource);
      if (resources?.size === 0) this.#added.delete(category);
    }
  }
}

/** A kind of unit without a price of its own costs as much as text, and is left out. */
function listed(category: string, resource: string): Resource[] {
  const units: UnitPrices = {};
  for (const name of unitNames) {
    const price = (part: 'input' | 'output'): number | undefined =>
      priceUnits({ [name]: { [part]: 1 } }, category, resource)?.[part].base;
    const [input_price, output_price] = [price('input'), price('output')];
    if (input_price === undefined || output_price === undefined) return [];
    const text = units.text;
    if (text?.input_price === input_price && [0, text.output_price].includes(output_price)) continue;
    units[name] = { input_price, ...(output_price > 0 && { output_price }) };
  }
  return [
    {
      resource_id: resource,
      category,
      resource,
      active: true,
      proxy_allowed: true,
      start_timestamp: listStart,
      units,
    },
  ];
}
