/** What goes wrong with one request to the ingest API. */
export type IngestFault =
  /** An error is answered, and nothing is kept. */
  | { readonly status: number; readonly retryAfter?: number | string }
  /** The connection is broken, before or after the events are kept. */
  | { readonly reset: 'before-commit' | 'after-commit' }
  /** The events are kept, and the answer comes later. */
  | { readonly delayMs: number }
  /** These events are refused and the others are kept. Bulk endpoints only. */
  | { readonly itemErrors: readonly ItemError[] };

/** One event of a batch that is refused. */
export interface ItemError {
  /** From 0. An index that the batch does not have is left out. */
  readonly index: number;
  /** @default 400 */
  readonly statusCode?: number;
  /** @default 'request_processing_error' */
  readonly code?: string;
}

/** Decides about one request to the ingest API. `undefined`: all goes well. */
export type IngestFaultScript = (request: IngestRequest) => IngestFault | undefined;

/** A request to the ingest API, as far as a script needs to know it. */
export interface IngestRequest {
  readonly endpoint: IngestEndpoint;
  /** How many events it holds. */
  readonly eventCount: number;
  /** How many requests to the ingest API came before. */
  readonly index: number;
}

/** `…/ingest/bulk-upsert`, `…/ingest/bulk` and `…/ingest`. */
export type IngestEndpoint = 'bulk-upsert' | 'bulk' | 'single';
