import type { Store } from './store.ts';

/** Prices calls of one model as another. The first entry that matches a call applies. */
export interface ModelMapping {
  /** The model or deployment, exactly as the caller names it. */
  readonly model: string;
  /** Only for calls to this host, e.g. `my-team.openai.azure.com`. */
  readonly host?: string | undefined;
  readonly priceAsCategory?: string | undefined;
  readonly priceAsResource?: string | undefined;
  /** Overrides the annotation `resourceScope`. */
  readonly resourceScope?: string | undefined;
}

/** Says how the calls to one host are priced. */
export interface HostMapping {
  /** A host, or a URL with that host. */
  readonly host: string;
  /** Another category than the client's. */
  readonly priceAsCategory?: string | undefined;
  /**
   * Which model the price is of: the one that was asked for, or the one that the answer names, if it names one. For a
   * gateway that chooses the model.
   *
   * @default 'asked'
   */
  readonly priceAs?: 'asked' | 'answered' | undefined;
}

/** How route `direct` reports calls. Every member has a default that suits a server. */
export interface DeliveryOptions {
  /**
   * Maximum number of events kept in memory. At this number a new event stays in the journal until there is room. Without a
   * journal it is dropped, counted and reported.
   *
   * @default 10_000
   */
  readonly maxQueuedEvents?: number | undefined;
  /**
   * Maximum size of the events kept in memory, in bytes of JSON.
   *
   * @default 16_777_216
   */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * Events per request, at most 1000.
   *
   * @default 100
   */
  readonly maxBatch?: number | undefined;
  /**
   * How long an event waits for others to share its request, in milliseconds.
   *
   * @default 1000
   */
  readonly intervalMs?: number | undefined;
  /**
   * Age at which an event that could not be delivered is given up, in milliseconds. Events do not age while Pay-i refuses
   * the key, or the address has no ingest API.
   *
   * @default 3_600_000, one hour
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Time after which an unanswered request counts as failed, in milliseconds.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Upper bound of the random pause after a failure, in milliseconds. It doubles with each further failure. A longer
   * `Retry-After` takes precedence.
   *
   * @default 500
   */
  readonly minRetryMs?: number | undefined;
  /**
   * Upper bound of that pause after any number of failures, in milliseconds. After the fifth failure in a row requests
   * carry one event each; every success multiplies that by four again.
   *
   * @default 30_000
   */
  readonly maxRetryMs?: number | undefined;
  /**
   * Whether to look up what a delivered call cost, with one small request per call, because Pay-i's answer to a batch does
   * not say. `wanted`: for calls with an `onReceipt` and for calls that `whenSettled` waits for. `never`: these receipts
   * come without cost and limits.
   *
   * @default 'wanted'
   */
  readonly results?: 'wanted' | 'never' | undefined;
  /**
   * Keeps an edge runtime alive until the events of a request are delivered, e.g. `waitUntil` of `cloudflare:workers` or
   * `@vercel/functions`. Runs once per call, when the call has ended. If it throws, you get diagnostic `CALLBACK_FAILED`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Where events are kept besides memory, e.g. `openJournal(directory)` of `@payi/core/journal`. */
  readonly journal?: Store | undefined;
  /**
   * Offline mode: this function receives events as lines of JSON, and nothing is sent. Example: `ndjsonFile(path)` of
   * `@payi/core/journal`. Overrides `journal`. May be asynchronous. If it throws or rejects, you get diagnostic
   * `DELIVERY_FAILED`.
   */
  readonly offline?: ((lines: readonly string[]) => void | PromiseLike<void>) | undefined;
  /** See {@link ModelMapping}. Applies to calls without the annotations `priceAsCategory` and `priceAsResource`. */
  readonly modelMappings?: readonly ModelMapping[] | undefined;
  /** See {@link HostMapping}. Annotations and `modelMappings` override it. */
  readonly hostMappings?: readonly HostMapping[] | undefined;
}
