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
   * Returns the events that earlier processes left behind. Called once, before the other methods.
   *
   * @param report - Receives a message for each file or record that cannot be read.
   */
  recover(report: (message: string) => void): readonly StoredEvent[];
  /** Keeps events. Its errors are reported, and the events are sent anyway. */
  append(events: readonly StoredEvent[]): void;
  /** Notes that these events are about to be sent. If nothing else is noted about them, they may have arrived. */
  sending(ids: readonly string[]): void;
  /** Forgets these events. */
  settled(ids: readonly string[]): void;
  /** Releases the disk. No method is called afterwards. */
  close(): void;
}
