import { processWide } from '../runtime.ts';
import type { AdapterSettings } from '../settings/resolve-options.ts';

/** The settings of one call of an adapter's function. */
export interface Registration extends AdapterSettings {
  /** The operations it names. Absent for adapters that observe every metered call of a client. */
  readonly operations?: ReadonlySet<string>;
}

/**
 * Registrations by their carrier: a Bedrock client, the `fetch` of an OpenAI client, or the middleware of an Anthropic
 * client. Oldest first. The whole process shares one map, so that the ESM and the CJS copy of an adapter and `payi-doctor`
 * see the same registrations. They are kept beside the carriers, so that unregistering leaves no trace.
 */
export const registrations: WeakMap<object, Set<Registration>> = /* @__PURE__ */ processWide(
  '@payi/core.registrations',
  () => new WeakMap(),
);

/** The registrations that a client of any provider carries, oldest first. */
export function registrationsOf(client: object): Registration[] {
  const { fetch, middleware } = client as { readonly fetch?: unknown; readonly middleware?: unknown };
  const carriers: unknown[] = [
    client,
    fetch,
    ...(Array.isArray(middleware) ? (middleware as unknown[]) : []),
  ];
  return carriers.flatMap((carrier) => [...(registrations.get(carrier as object) ?? [])]);
}
