import type { AdapterSettings } from '@payi/core/adapter';
import type { ProxyTarget } from './proxy.ts';

/** One call of `registerBedrockClientCallbacks()` that has not been undone. */
export interface Registration extends AdapterSettings {
  readonly operations: ReadonlySet<string>;
  /** On route `proxy` only. */
  readonly proxy: ProxyTarget | undefined;
}

/**
 * What is registered on one client, oldest first. Plain data, kept in one place for the whole process, so that the ESM
 * and the CJS copy of this package see the same registrations whichever of them installed the middleware.
 */
export type Registry = Set<Registration>;

const key = Symbol.for('@payi/bedrock.registries');
const shared = globalThis as { [key]?: WeakMap<object, Registry> };
shared[key] ??= new WeakMap();

/** Keyed by client and kept outside it, so that nothing is left on a client when its last registration goes. */
export const registries: WeakMap<object, Registry> = shared[key];

/** The registration in force for an operation: the oldest one that names it. */
export function findRegistration(registry: Registry, operation: string): Registration | undefined {
  for (const registration of registry) {
    if (registration.operations.has(operation)) return registration;
  }
  return undefined;
}

/** The operations registered now, each once. */
export function operationsOf(registry: Registry | undefined): string[] {
  const operations = new Set<string>();
  for (const registration of registry ?? []) {
    for (const operation of registration.operations) operations.add(operation);
  }
  return [...operations];
}
