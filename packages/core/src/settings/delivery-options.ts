import type { Store } from './store.ts';

/** Price calls of one model as something else. The first entry that fits a call is taken. */
export interface ModelMapping {
  /** The model or deployment exactly as the caller names it. */
  readonly model: string;
  /** Only for calls to this host, e.g. `my-team.openai.azure.com`. */
  readonly host?: string | undefined;
  readonly priceAsCategory?: string | undefined;
  readonly priceAsResource?: string | undefined;
  /** Takes the place of the annotation `resourceScope`. */
  readonly resourceScope?: string | undefined;
}

/** Calls to a host belong to another category than that of the client. */
export interface HostMapping {
  /** A host, or a URL of which the host counts. */
  readonly host: string;
  readonly priceAsCategory: string;
}

/** How route `direct` reports calls. Every member has a default that suits a server. */
export interface DeliveryOptions {
  /**
   * Events kept in memory. When they are that many, the newest is refused, counted and reported.
   *
   * @default 10_000
   */
  readonly maxQueuedEvents?: number | undefined;
  /**
   * The same, in bytes of JSON.
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
   * An event that could not be delivered for this long is given up, in milliseconds.
   *
   * @default 3_600_000, one hour
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * A request that is not answered by then counts as failed, in milliseconds.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * After a failure the next request waits for a random time up to this, doubled with each further failure, in
   * milliseconds. `Retry-After` is obeyed when it is longer.
   *
   * @default 500
   */
  readonly minRetryMs?: number | undefined;
  /**
   * Upper bound of that time, in milliseconds. From the fifth failure on requests carry one event each; with each that
   * succeeds four times as many again.
   *
   * @default 30_000
   */
  readonly maxRetryMs?: number | undefined;
  /**
   * Whether to ask Pay-i what a delivered call cost, one small request per call: its answer to a batch does not say.
   * `wanted`: for calls with an `onReceipt`, and those that somebody waits for with `whenSettled`. `never`: such
   * receipts come without cost and limits.
   *
   * @default 'wanted'
   */
  readonly results?: 'wanted' | 'never' | undefined;
  /**
   * Keeps an edge runtime alive until the events of a request are delivered, e.g. `waitUntil` of `cloudflare:workers` or
   * `@vercel/functions`. Called once per call, when it has ended. What it throws is diagnostic `CALLBACK_FAILED`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Where events are kept besides memory, e.g. `openJournal(directory)` of `@payi/core/journal`. */
  readonly journal?: Store | undefined;
  /**
   * Offline mode: events are handed to this as lines of JSON, and nothing is sent, e.g. `ndjsonFile(path)` of
   * `@payi/core/journal`. Takes precedence over `journal`. May be asynchronous. What it throws, or rejects with, is
   * diagnostic `DELIVERY_FAILED`.
   */
  readonly offline?: ((lines: readonly string[]) => void | PromiseLike<void>) | undefined;
  /** See {@link ModelMapping}. Asked for calls that are annotated with neither `priceAsCategory` nor `priceAsResource`. */
  readonly modelMappings?: readonly ModelMapping[] | undefined;
  /** See {@link HostMapping}. Annotations and `modelMappings` win over it. */
  readonly hostMappings?: readonly HostMapping[] | undefined;
}
