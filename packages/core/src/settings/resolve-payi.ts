import { makePayi } from './make-payi.ts';
import type { Payi } from './payi.ts';
import { internalsOf, type ResolvedPayi } from './resolved-payi.ts';

/**
 * What an adapter works with. Without an argument, one made from the environment.
 *
 * Opens the delivery of route `direct`, whose options are checked here and not in {@link createPayi}.
 *
 * @throws `ConfigurationError` the value was not made by {@link createPayi}, or its `delivery` is malformed.
 */
export function resolvePayi(payi: Payi = makePayi()): ResolvedPayi {
  const internals = internalsOf(payi);
  internals.delivery ??= internals.openDelivery?.();
  return internals;
}
