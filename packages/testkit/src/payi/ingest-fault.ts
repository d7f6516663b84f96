/** The fault of one request to the ingest API. */
export type IngestFault =
  /** An error is answered, and nothing is kept. */
  | { readonly status: number; readonly retryAfter?: number | string }
  /** The connection is broken, before or after the events are kept. */
  | { readonly reset: 'before-commit' | 'after-commit' }
  /** The events are kept, and the answer comes later. */
  | { readonly delayMs: number }
  /** These events are refused and the others are kept. Bulk endpoints only. */
  | { readonly itemErrors: readonly ItemError[] };

/** The refusal of one event of a batch. */
export interface ItemError {
  /** From 0. An index beyond the batch is ignored. */
  readonly index: number;
  /** @default 400 */
  readonly statusCode?: number;
  /** @default 'request_processing_error' */
  readonly code?: string;
}

/** Decides the fault of one request to the ingest API. `undefined`: no fault. */
export type IngestFaultScript = (request: IngestRequest) => IngestFault | undefined;

/** The facts that a script knows about a request to the ingest API. */
export interface IngestRequest {
  readonly endpoint: IngestEndpoint;
  /** The number of events in the request. */
  readonly eventCount: number;
  /** The number of earlier requests to the ingest API. */
  readonly index: number;
}

/** `…/ingest/bulk-upsert`, `…/ingest/bulk` and `…/ingest`. */
export type IngestEndpoint = 'bulk-upsert' | 'bulk' | 'single';
