import type { Payi } from './payi.ts';

/** An event to be delivered: the JSON of its ingest item, and the id by which Pay-i recognizes a resend. */
export interface StoredEvent {
  readonly id: string;
  readonly json: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

/**
 * Keeps events until they are delivered, beyond the life of the process. Methods may wait for the disk only, because they
 * run on the application's thread.
 */
export interface Store {
  /**
   * Starts delivering the kept events in a program that makes no calls itself. `flush()` and `close()` call it where no
   * client was registered. Its errors are reported.
   */
  open?(payi: Payi): void;
  /**
   * Returns the next few events that earlier processes left behind, or that {@link overflow} kept. Called before the other
   * methods, again whenever these events are done, after {@link overflow}, and once a minute.
   *
   * @param report - Receives a message for each file or record that cannot be read. The same function in each call.
   * @returns An empty list to be called again after other work; `undefined` if there are none left.
   */
  recover(report: (message: string) => void): readonly StoredEvent[] | undefined;
  /** Keeps events. Its errors are reported, and the events are sent anyway. */
  append(events: readonly StoredEvent[]): void;
  /** Keeps events that memory has no room for, until {@link recover} returns them. If it throws, the events are dropped. */
  overflow(events: readonly StoredEvent[]): void;
  /** Notes that these events are about to be sent. If nothing else is noted about them, they may have arrived. */
  sending(ids: readonly string[]): void;
  /** Forgets these events. */
  settled(ids: readonly string[]): void;
  /** Releases the disk. No method is called afterwards. */
  close(): void;
}
