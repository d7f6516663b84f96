import type { Receipt } from '../call/receipt.ts';
import type { SettledCall } from '../call/settled-call.ts';
import { later } from '../runtime.ts';
import type { StoredEvent } from '../settings/store.ts';
import { withWarning } from './with-warning.ts';

const none: readonly string[] = [];

/** An event, from the end of its call until the receipt of the call is final. */
export class PendingEvent implements StoredEvent {
  /** Absent for an event that an earlier process left behind. */
  readonly call: SettledCall | undefined;
  readonly sequenceNumber: number;
  /** Only {@link PendingEvents} changes it. `delivered`: Pay-i has the event, and its cost is looked up. */
  state: 'queued' | 'delivered' | 'concluded' = 'queued';
  /** Empty until the event is encoded. */
  id: string;
  category = '';
  json = '';
  bytes = 0;
  hasContent = false;
  acceptedAt = 0;
  /** The same on the monotonic clock of `now()`: the wall clock may be set while an event waits. */
  takenAt = 0;
  /** It was sent before and may have arrived. */
  isResend = false;
  misses = 0;
  /** For the receipt: what the event goes without. */
  warnings: readonly string[] = none;

  constructor(call: SettledCall | undefined, sequenceNumber: number) {
    this.call = call;
    this.id = call?.eventId ?? '';
    this.sequenceNumber = sequenceNumber;
  }
}

/** Reports `DELIVERY_FAILED`. */
export type Fail = (message: string, cause?: unknown) => void;

/** A flush, which waits for events with sequence numbers up to `upTo`. */
interface Wait {
  readonly upTo: number;
  left: number;
  readonly onSent: (() => void) | undefined;
  end(isDone: boolean): void;
}

/** Knows the state of every event: counts them, concludes their calls, and ends the flushes that wait for them. */
export class PendingEvents {
  readonly #fail: Fail;
  readonly #onIdle: () => void;
  readonly stats = { queued: 0, sent: 0, retried: 0, rejected: 0, dropped: 0 };
  #delivered = 0;
  #lastNumber = 0;
  readonly #waits = new Set<Wait>();

  /** @param onIdle - Called whenever the last event is concluded. */
  constructor(fail: Fail, onIdle: () => void) {
    this.#fail = fail;
    this.#onIdle = onIdle;
  }

  get isIdle(): boolean {
    return this.stats.queued + this.#delivered === 0;
  }

  /** Whether a flush waits. */
  get isAwaited(): boolean {
    return this.#waits.size > 0;
  }

  /** Adds the event of a call that has ended, or one that an earlier process left behind. */
  add(call: SettledCall | undefined): PendingEvent {
    this.#lastNumber += 1;
    this.stats.queued += 1;
    for (const wait of this.#waits) if (this.#lastNumber <= wait.upTo) wait.left += 1;
    return new PendingEvent(call, this.#lastNumber);
  }

  /** Stands for events that the journal has and the queue has not: waits do not end before it is concluded. */
  addBacklog(): PendingEvent {
    const backlog = this.add(undefined);
    backlog.state = 'delivered';
    this.stats.queued -= 1;
    this.#delivered += 1;
    return backlog;
  }

  /** Pay-i, or the offline writer, has the event. */
  deliver(event: PendingEvent): void {
    event.state = 'delivered';
    this.stats.queued -= 1;
    this.stats.sent += 1;
    this.#delivered += 1;
  }

  /** Pay-i does not accept the event. */
  reject(event: PendingEvent, reason: string): void {
    this.stats.rejected += 1;
    this.#fail(`Pay-i refused an event: ${reason}`);
    this.conclude(event, withWarning(`Pay-i refused the event: ${reason}`));
  }

  giveUp(events: readonly PendingEvent[], reason: string, cause?: unknown): void {
    if (events.length === 0) return;
    this.stats.dropped += events.length;
    this.#fail(`${events.length} event(s) given up: ${reason}`, cause);
    for (const event of events) this.conclude(event, withWarning(`not reported to Pay-i: ${reason}`));
  }

  /** @param complete - Makes the final receipt of the call. */
  conclude(event: PendingEvent, complete: (receipt: Receipt) => Receipt = (receipt) => receipt): void {
    if (event.state === 'concluded') return;
    if (event.state === 'queued') this.stats.queued -= 1;
    else this.#delivered -= 1;
    event.state = 'concluded';
    event.call?.conclude(complete(withWarning(...event.warnings)(event.call.receipt)));
    for (const wait of this.#waits) {
      if (event.sequenceNumber > wait.upTo) continue;
      wait.left -= 1;
      if (wait.left === 0) wait.end(true);
    }
    if (this.isIdle) this.#onIdle();
  }

  /**
   * Waits until events are concluded. The process stays alive for that.
   *
   * @param isLast - Waits for events that are added meanwhile, too.
   * @param onSent - Called whenever a request has ended, while there is something to wait for.
   * @returns False if the time is up first.
   */
  wait(timeoutMs: number, isLast = false, onSent?: () => void): Promise<boolean> {
    if (this.isIdle) return Promise.resolve(true);
    return new Promise((resolve) => {
      const wait: Wait = {
        upTo: isLast ? Number.POSITIVE_INFINITY : this.#lastNumber,
        left: this.stats.queued + this.#delivered,
        onSent,
        end: (isDone: boolean) => {
          cancel();
          this.#waits.delete(wait);
          resolve(isDone);
        },
      };
      const cancel = later(timeoutMs, () => wait.end(false), true);
      this.#waits.add(wait);
    });
  }

  /** A request has ended. */
  sent(): void {
    for (const wait of this.#waits) wait.onSent?.();
  }
}
