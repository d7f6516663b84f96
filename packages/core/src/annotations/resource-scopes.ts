/** Where a resource is deployed, as far as its price depends on it: the values of `resourceScope`. */
export const resourceScopes = {
  global: 'global',
  datazone: 'datazone',
  region: 'region',
} as const;

/** A scope, or a scope narrowed to one zone or region: `datazone.eu`, `region.westus3`. */
export type ResourceScope = 'global' | 'datazone' | `datazone.${string}` | 'region' | `region.${string}`;
