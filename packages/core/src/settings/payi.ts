declare global {
  /** Declared as in `esnext.disposable` and in Node's types, for applications that compile with neither. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/**
 * How a call and its annotations travel.
 *
 * - `proxy`: the call goes through Pay-i, annotations are unsigned headers. Needs a key.
 * - `direct`: the call goes to the provider, byte for byte as without Pay-i; annotations are reported to Pay-i in the
 *   background. Needs a key.
 * - `headers`: the call goes where the client points (a gateway of your own), annotations are unsigned headers.
 */
export type Route = 'proxy' | 'direct' | 'headers';

/** How an application reaches Pay-i. Created by {@link createPayi}, shared by any number of adapters and clients. */
export interface Payi {
  readonly route: Route;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /**
   * Sends the queued events and waits for them, and for calls whose last attempt failed and may be retried, but not for
   * calls that end in the meantime. Only route `direct` and `onUnavailable: 'direct'` have a queue.
   *
   * @returns Whether every one of these events was delivered or given up. Never rejects.
   */
  flush(options?: FlushOptions): Promise<boolean>;
  /**
   * Waits until the queue is empty and accepts no event after that: calls go on, but are no longer reported. Events that
   * are left when the time is up are given up, or stay in the journal if there is one.
   *
   * @returns Whether the queue was empty in the end. Never rejects.
   */
  close(options?: FlushOptions): Promise<boolean>;
  /** Counts the calls and events so far. Where there is no queue, all counts of events are zero. */
  stats(): DeliveryStats;
  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The calls and events of one `Payi` so far. */
export interface DeliveryStats {
  /** Accepted, but neither delivered nor given up yet. */
  readonly queued: number;
  /** Accepted by Pay-i. In offline mode: written. */
  readonly sent: number;
  /** Retries. An event that is sent three times counts twice. */
  readonly retried: number;
  /** Rejected by Pay-i. */
  readonly rejected: number;
  /** Given up, for example because the queue was full or the event too old. */
  readonly dropped: number;
  /** Size of the queued events as JSON, in bytes. */
  readonly bytes: number;
  /** Calls, on any route, with a complete answer in which no count was found. Their receipts have a warning. */
  readonly unpriced: number;
  /** Calls, on any route, without an annotation that `require` names. */
  readonly unattributed: number;
}

/** Options of `flush()` and `close()`. */
export interface FlushOptions {
  /**
   * Milliseconds after which to stop waiting. `Infinity` waits until every event is delivered or given up.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
}
