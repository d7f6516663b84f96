import type { Payi } from './payi.ts';

/** An event on its way: the JSON of its ingest item, under the id by which Pay-i knows it again. */
export interface StoredEvent {
  readonly id: string;
  readonly json: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

/**
 * Keeps events until they are delivered, beyond the life of the process. No method may wait for anything but its disk:
 * they run between the steps of the application.
 */
export interface Store {
  /**
   * Begins with the delivery of what is kept, for a program that makes no calls itself: `flush()` and `close()` ask for it
   * where no client has. What it throws is reported.
   */
  open?(payi: Payi): void;
  /**
   * What earlier processes left behind. Called once, before anything else.
   *
   * @param report - Hears about what could not be read.
   */
  recover(report: (message: string) => void): readonly StoredEvent[];
  /** Keeps events. What it throws is reported; the events are sent all the same. */
  append(events: readonly StoredEvent[]): void;
  /** These are about to be sent: if nothing more is heard of them, they may have arrived. */
  sending(ids: readonly string[]): void;
  /** These need no keeping any more. */
  settled(ids: readonly string[]): void;
  /** Lets go of the disk. Nothing is called afterwards. */
  close(): void;
}
