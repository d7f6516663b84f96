import { captureCalls } from '../call/capture.ts';
import { openDelivery } from '../delivery/open-delivery.ts';
import { makePayi } from './make-payi.ts';
import { parseDelivery } from './parse-delivery.ts';
import type { Payi } from './payi.ts';
import type { PayiOptions } from './payi-options.ts';

/**
 * Decides how calls reach Pay-i. Opens no connection.
 *
 * @throws {@link ConfigurationError} an option is malformed. A missing key, and what is wrong with `delivery`, is not an
 *   error here but when a client is registered: route `headers` needs neither.
 * @throws {@link InvalidAnnotationError} or {@link HeaderEncodingError} from `defaults`.
 */
export function createPayi(options: PayiOptions = {}): Payi {
  return makePayi(options, {
    captureCalls,
    openDelivery({ baseUrl, apiKey, report, deliveryOptions }) {
      return openDelivery({ baseUrl, apiKey, report, options: parseDelivery(deliveryOptions, report) });
    },
  });
}
