import type { PendingEvent } from './pending-events.ts';

const maxRequestBytes = 4_194_304;
/** Each score is a request of its own. */
const maxScores = 20;

/** Encoded events in the order in which they are sent, within bounds. */
export class Queue {
  readonly #maxBytes: number;
  readonly #ahead: Queue | undefined;
  #events: PendingEvent[] = [];
  bytes = 0;

  /** @param ahead - Makes this the queue of scores. A score waits for older events in `ahead`; a retry keeps its place. */
  constructor(maxBytes: number, ahead?: Queue) {
    this.#maxBytes = maxBytes;
    this.#ahead = ahead;
  }

  get length(): number {
    return this.#events.length;
  }

  /** `undefined` while there is nothing to send. */
  get first(): PendingEvent | undefined {
    const first = this.#events[0];
    return first && this.#isHeld(first) ? undefined : first;
  }

  /** Whether it is a score that waits for an older event. */
  #isHeld({ sequenceNumber }: PendingEvent): boolean {
    const oldest = this.#ahead?.first;
    return oldest !== undefined && sequenceNumber > oldest.sequenceNumber;
  }

  /** @param share - Of the queue. Content leaves half of it to events without content. */
  hasRoomFor({ bytes }: PendingEvent, share = 1): boolean {
    return this.bytes + bytes <= this.#maxBytes * share;
  }

  push(event: PendingEvent): void {
    this.#events.push(event);
    this.bytes += event.bytes;
  }

  /** Encodes an event in the queue again. */
  update(event: PendingEvent, encode: (event: PendingEvent) => void): void {
    this.bytes -= event.bytes;
    encode(event);
    this.bytes += event.bytes;
  }

  /**
   * Events to send next, which stay in the queue: no more than fit into {@link maxRequestBytes}, and at least one, unless a
   * score has to wait.
   */
  nextBatch(maxEvents: number): PendingEvent[] {
    const batch: PendingEvent[] = [];
    const most = this.#ahead === undefined ? maxEvents : maxScores;
    let bytes = 0;
    for (const event of this.#events) {
      bytes += event.bytes;
      const isFull = batch.length >= most || (batch.length > 0 && bytes > maxRequestBytes);
      if (isFull || this.#isHeld(event)) break;
      batch.push(event);
    }
    return batch;
  }

  /**
   * Removes a batch. The events to send again stay at the front. If the batch is a single event, and no score, it goes to
   * the end, so that it does not hold up the others.
   */
  removeBatch(batch: readonly PendingEvent[], again: readonly PendingEvent[]): void {
    for (const { bytes } of batch) this.bytes -= bytes;
    for (const { bytes } of again) this.bytes += bytes;
    this.#events.splice(0, batch.length);
    if (batch.length === 1 && this.#ahead === undefined) this.#events.push(...again);
    else this.#events.unshift(...again);
  }

  /** Events wait as if they had come at this time, on the clock of `now()`. */
  renew(time: number): void {
    for (const event of this.#events) event.takenAt = time;
  }

  /** @param time - On the clock of `now()`. */
  removeOlderThan(time: number): PendingEvent[] {
    const isOld = ({ takenAt }: PendingEvent): boolean => takenAt < time;
    // Single events that were sent again are not in the order of their age.
    const old = this.#events.filter(isOld);
    if (old.length > 0) this.#events = this.#events.filter((event) => !isOld(event));
    for (const { bytes } of old) this.bytes -= bytes;
    return old;
  }

  clear(): PendingEvent[] {
    this.bytes = 0;
    return this.#events.splice(0);
  }
}
