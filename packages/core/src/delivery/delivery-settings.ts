import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { ParsedDelivery } from '../settings/parse-delivery.ts';

/** Where events go, and how. */
export interface DeliveryTarget {
  readonly baseUrl: string;
  readonly apiKey: () => string;
  readonly report: OnDiagnostic;
  readonly options: ParsedDelivery;
}

/** `DeliveryOptions` documents these. */
const defaults = {
  maxQueuedEvents: 10_000,
  maxQueuedBytes: 16_777_216,
  maxBatch: 100,
  intervalMs: 1000,
  maxAgeMs: 3_600_000,
  timeoutMs: 10_000,
  minRetryMs: 500,
  maxRetryMs: 30_000,
};

export type DeliverySettings = ParsedDelivery & Readonly<typeof defaults>;

export function withDefaults(options: ParsedDelivery): DeliverySettings {
  const settings = { ...defaults, ...options };
  return { ...settings, maxBatch: Math.min(1000, settings.maxBatch) };
}
