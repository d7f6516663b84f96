import type { DeliveryOptions } from '../settings/delivery-options.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';

/** Where events go, and how. */
export interface DeliveryTarget {
  readonly baseUrl: string;
  readonly apiKey: () => string;
  readonly report: OnDiagnostic;
  readonly options: DeliveryOptions;
}
