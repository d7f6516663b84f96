import type { OpenCalls } from '../call/settled-call.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { ParsedDelivery } from '../settings/parse-delivery.ts';
import type { Store } from '../settings/store.ts';
import type { IngestClient } from './ingest-client.ts';
import type { Fail, PendingEvents } from './pending-events.ts';
import type { Queue } from './queue.ts';

/** Where events go, and how. */
export interface DeliveryTarget {
  readonly baseUrl: string;
  readonly apiKey: () => string;
  readonly report: OnDiagnostic;
  readonly openCalls: OpenCalls;
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

type DeliverySettings = ParsedDelivery & Readonly<typeof defaults>;

export function withDefaults(options: ParsedDelivery): DeliverySettings {
  const settings = { ...defaults, ...options };
  return { ...settings, maxBatch: Math.min(1000, settings.maxBatch) };
}

/** What the parts of a delivery share. */
export interface DeliveryParts {
  readonly settings: DeliverySettings;
  readonly client: IngestClient;
  readonly queue: Queue;
  readonly pending: PendingEvents;
  readonly fail: Fail;
  /** Uses the journal, if there is one. Its errors are reported. */
  useStore(use: (store: Store) => void): void;
  /** Queues the next events that the journal alone has, if it is their turn. */
  refill(): void;
}
