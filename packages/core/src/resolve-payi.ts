import { createPayi, internalsOf, type Payi, type ResolvedPayi } from './create-payi.ts';
import { openDelivery } from './delivery/open-delivery.ts';
import { parseDelivery } from './delivery/parse-delivery.ts';

/**
 * What an adapter works with. Without an argument, one made from the environment.
 *
 * Opens the delivery of route `direct`: here and not in {@link createPayi}, so that the root entry, which headers can be
 * made with and nothing sent, is free of it in every bundle.
 *
 * @throws `ConfigurationError` the value was not made by {@link createPayi}, or its `delivery` is malformed.
 */
export function resolvePayi(payi: Payi = createPayi()): ResolvedPayi {
  const internals = internalsOf(payi);
  if (internals.route === 'direct') {
    const { baseUrl, apiKey, report, deliveryOptions } = internals;
    internals.delivery ??= openDelivery({
      baseUrl,
      apiKey,
      report,
      options: parseDelivery(deliveryOptions, report),
    });
  }
  return internals;
}
