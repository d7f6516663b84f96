declare global {
  /** As in the library `esnext.disposable` and in the types of Node.js, for applications that compile with neither. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/**
 * The way a call and its annotations take.
 *
 * - `proxy`: through Pay-i, annotations as unsigned headers. Needs a key.
 * - `direct`: as without Pay-i, byte for byte; no annotation reaches the provider. Needs a key, for what is reported.
 * - `headers`: to wherever the caller's client points (a gateway of their own), annotations as unsigned headers.
 */
export type Route = 'proxy' | 'direct' | 'headers';

/** How an application reaches Pay-i. Made by {@link createPayi}, handed to any number of adapters and clients. */
export interface Payi {
  readonly route: Route;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /**
   * Sends what is queued, and waits for that: not for calls that end meanwhile. Only route `direct` has a queue.
   *
   * @returns Whether nothing of it is left: delivered or given up. Never rejects.
   */
  flush(options?: FlushOptions): Promise<boolean>;
  /**
   * Waits until nothing is queued, and takes no event after that: calls go on, but are not reported any more. What is
   * left when the time is up is given up, or stays in the journal if there is one.
   *
   * @returns Whether nothing was left. Never rejects.
   */
  close(options?: FlushOptions): Promise<boolean>;
  /** What became of the events so far. Zeros on the other routes. */
  stats(): DeliveryStats;
  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What became of the events of one `Payi` so far. */
export interface DeliveryStats {
  /** Accepted, and neither delivered nor given up. */
  readonly queued: number;
  /** Taken by Pay-i. In offline mode: written. */
  readonly sent: number;
  /** Sent again after a failure, each time counted. */
  readonly retried: number;
  /** Refused by Pay-i for good. */
  readonly rejected: number;
  /** Given up: the queue was full, the event too old, or the queue closed. */
  readonly dropped: number;
  /** JSON of the queued events, in bytes. */
  readonly bytes: number;
}

/** How long `flush()` and `close()` wait. */
export interface FlushOptions {
  /**
   * Milliseconds after which to stop waiting. `Infinity` waits until all is delivered or given up.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
}
