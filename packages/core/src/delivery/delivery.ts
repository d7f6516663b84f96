import type { OpenDelivery, SettledCall } from '../call/settled-call.ts';
import { isPromiseLike, later, now, onExit, utf8Length } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { DeliveryStats } from '../settings/payi.ts';
import type { Store } from '../settings/store.ts';
import { withWarning } from './complete-receipt.ts';
import { CostLookUps } from './cost-look-ups.ts';
import { type DeliverySettings, type DeliveryTarget, withDefaults } from './delivery-settings.ts';
import { encodeEvent, takeContent } from './encode-event.ts';
import { IngestClient } from './ingest-client.ts';
import { type Fail, type PendingEvent, PendingEvents } from './pending-events.ts';
import { Queue } from './queue.ts';
import { Sender } from './sender.ts';

/**
 * Delivers the events of calls to Pay-i. An event is pending until Pay-i has answered for it, or until it is given up,
 * which is counted and reported.
 */
export class Delivery implements OpenDelivery {
  readonly #settings: DeliverySettings;
  readonly #report: OnDiagnostic;
  readonly #store: Store | undefined;
  readonly #pending: PendingEvents;
  readonly #queue: Queue;
  readonly #lookUps: CostLookUps;
  readonly #sender: Sender;
  /** Events of calls that have ended in this turn of the event loop. They are encoded after it. */
  readonly #ended: PendingEvent[] = [];
  #cancelEncoding: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #isExiting = false;
  #isClosed = false;

  constructor({ baseUrl, apiKey, report, options }: DeliveryTarget) {
    const settings = withDefaults(options);
    const client = new IngestClient(baseUrl, apiKey, settings.timeoutMs);
    const pending = new PendingEvents(this.#fail, () => this.#onIdle());
    const queue = new Queue(settings);
    const lookUps = new CostLookUps(client, settings, pending);
    this.#settings = settings;
    this.#report = report;
    this.#store = settings.offline === undefined ? settings.journal : undefined;
    this.#pending = pending;
    this.#queue = queue;
    this.#lookUps = lookUps;
    const [fail, useStore] = [this.#fail, this.#useStore];
    this.#sender = new Sender({ settings, client, queue, pending, lookUps, fail, useStore });
    this.#recover();
    if (this.#isOnDisk) this.#listenForExit();
  }

  /** Takes a call over. Fast: encodes and sends nothing. */
  accept(call: SettledCall): void {
    const event = this.#pending.add(call);
    const isFull = this.#pending.stats.queued > this.#settings.maxQueuedEvents;
    if (this.#isClosed || isFull) {
      this.#pending.giveUp([event], this.#isClosed ? 'delivery is closed' : 'the queue is full');
      return;
    }
    this.#ended.push(event);
    this.#listenForExit();
    if (this.#isExiting) this.#exit();
    else this.#cancelEncoding ??= later(0, () => this.#encode());
  }

  stats(): DeliveryStats {
    return { ...this.#pending.stats, bytes: this.#queue.bytes };
  }

  /**
   * Waits for the calls accepted so far, and not for later ones, which may never end.
   *
   * @returns Whether nothing of it is left to deliver. False when the time is up before.
   */
  flush(timeoutMs?: number): Promise<boolean> {
    return this.#wait(timeoutMs, false);
  }

  /**
   * Waits until nothing is left, and takes nothing more. What is left when the time is up is given up, unless a journal
   * has it.
   */
  async close(timeoutMs?: number): Promise<boolean> {
    await this.#wait(timeoutMs, true);
    // Other code may have ended calls between the end of the wait and this line.
    this.#encode();
    const { isIdle } = this.#pending;
    this.#isClosed = true;
    this.#sender.stop();
    this.#lookUps.stop();
    const left = this.#queue.clear();
    if (this.#store === undefined) {
      const reason = `delivery was closed before they were sent${this.#sender.lastFailure}`;
      this.#pending.giveUp(left, reason);
    } else {
      const complete = withWarning('is in the journal, not delivered yet');
      for (const event of left) this.#pending.conclude(event, complete);
      this.#useStore((store) => store.close(), 'the journal could not be closed');
    }
    if (this.#pending.isIdle) this.#onIdle();
    return isIdle;
  }

  #wait(timeoutMs: number | undefined, isLast: boolean): Promise<boolean> {
    this.#encode();
    const isDone = this.#pending.wait(timeoutMs, isLast);
    // What somebody waits for is urgent.
    this.#sender.schedule();
    return isDone;
  }

  #recover(): void {
    this.#useStore((store) => {
      // However long ago it was accepted: this process gets the whole time to deliver it.
      const takenAt = now();
      for (const { id, json, acceptedAt } of store.recover(this.#fail)) {
        const event = this.#pending.add(undefined);
        this.#queue.push(Object.assign(event, { id, json, acceptedAt, takenAt, bytes: utf8Length(json) }));
      }
      this.#sender.schedule();
    }, 'the journal could not be read');
  }

  /** Encodes the events of calls that have ended, and queues or writes them. */
  #encode(): void {
    this.#cancelEncoding?.();
    this.#cancelEncoding = undefined;
    const events = this.#ended.splice(0);
    const [acceptedAt, takenAt] = [Date.now(), now()];
    const surplus: PendingEvent[] = [];
    for (const event of events) {
      try {
        Object.assign(event, { acceptedAt, takenAt });
        if (!this.#enqueue(event, event.call as SettledCall)) surplus.push(event);
      } catch (cause) {
        this.#pending.giveUp([event], 'a fault of this library', cause);
      }
    }
    this.#pending.giveUp(surplus, 'the queue is full');
    const queued = events.filter(({ state }) => state === 'queued');
    if (queued.length === 0) return;
    if (this.#settings.offline !== undefined) this.#write(this.#queue.clear());
    else {
      this.#useStore((store) => store.append(queued));
      this.#sender.schedule();
    }
  }

  /** Without its content if there is no room for that: content leaves half of the queue to events that have none. */
  #enqueue(event: PendingEvent, call: SettledCall): boolean {
    const content = takeContent(call, this.#report);
    encodeEvent(event, this.#settings, content);
    const isBare = content !== undefined && !this.#queue.hasRoomFor(event, 0.5);
    if (isBare) encodeEvent(event, this.#settings);
    if (!this.#queue.hasRoomFor(event)) return false;
    this.#queue.push(event);
    if (isBare) this.#fail('the queue is full: an event goes without its content');
    return true;
  }

  /** Hands events to the offline writer. */
  #write(events: readonly PendingEvent[]): void {
    const written = (): void => {
      for (const event of events) {
        this.#pending.deliver(event);
        this.#pending.conclude(event);
      }
    };
    const failed = (cause: unknown): void => {
      this.#pending.giveUp(events, 'they could not be written', cause);
    };
    try {
      const result: unknown = this.#settings.offline?.(events.map(({ json }) => json));
      if (isPromiseLike(result)) Promise.resolve(result).then(written, failed);
      else written();
    } catch (cause) {
      failed(cause);
    }
  }

  /** Nothing on a disk is lost with the process, and calls may still end while it exits. */
  get #isOnDisk(): boolean {
    return this.#store !== undefined || this.#settings.offline !== undefined;
  }

  #listenForExit(): void {
    this.#stopListening ??= onExit(() => this.#exit());
  }

  /** From now on calls go to the disk at once. What has no disk is given up. */
  #exit(): void {
    this.#isExiting = true;
    this.#encode();
    if (this.#store !== undefined) return;
    this.#pending.giveUp(this.#queue.clear(), 'the process ended before they were delivered');
  }

  /** While there is nothing to report at the exit, nothing may hold this delivery until then. */
  #onIdle(): void {
    if (this.#isOnDisk && !this.#isClosed) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  readonly #useStore = (use: (store: Store) => void, message = 'the journal could not be written'): void => {
    try {
      if (this.#store !== undefined) use(this.#store);
    } catch (cause) {
      this.#fail(message, cause);
    }
  };

  readonly #fail: Fail = (message, cause) => {
    this.#report({ code: 'DELIVERY_FAILED', message, ...(cause !== undefined && { cause }) });
  };
}
