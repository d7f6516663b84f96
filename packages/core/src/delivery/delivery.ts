import type { OpenCalls, OpenDelivery, SettledCall } from '../call/settled-call.ts';
import { isPromiseLike, later, now, onExit, utf8Length } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { DeliveryStats } from '../settings/payi.ts';
import type { Store, StoredEvent } from '../settings/store.ts';
import { type DeliveryParts, type DeliveryTarget, withDefaults } from './delivery-parts.ts';
import { encodeEvent, takeContent } from './encode-event.ts';
import { IngestClient } from './ingest-client.ts';
import { type Fail, type PendingEvent, PendingEvents } from './pending-events.ts';
import { Queue } from './queue.ts';
import { isScore } from './send-scores.ts';
import { Sender } from './sender.ts';
import { withWarning } from './with-warning.ts';

const defaultWaitMs = 10_000;

/** Then the files of processes that have ended meanwhile can be taken. */
const recoverAgainMs = 60_000;

/** Delivers events of calls, and scores, to Pay-i. Counts and reports those that are rejected or given up. */
export class Delivery implements OpenDelivery {
  readonly #settings: DeliveryParts['settings'];
  readonly #report: OnDiagnostic;
  readonly #openCalls: OpenCalls;
  readonly #store: Store | undefined;
  readonly #queue: Queue;
  readonly #scores: Queue;
  readonly #pending: PendingEvents;
  readonly #sender: Sender;
  /** Of its own, so that a score that fails holds up no event. */
  readonly #scoreSender: Sender;
  /** Events of calls that ended in this turn of the event loop. They are encoded after it. */
  readonly #ended: PendingEvent[] = [];
  #cancelEncoding: (() => void) | undefined;
  #cancelRecovery: (() => void) | undefined;
  /** Stands for the events that only the journal has. `undefined` if it has none. */
  #backlog: PendingEvent | undefined;
  /** The events that it gave last. */
  #leftBehind: readonly PendingEvent[] = [];
  #stopListening: (() => void) | undefined;
  #isExiting = false;
  #isClosed = false;

  constructor({ baseUrl, apiKey, report, openCalls, options }: DeliveryTarget) {
    const settings = withDefaults(options);
    const client = new IngestClient({ baseUrl, apiKey, timeoutMs: settings.timeoutMs });
    const queue = new Queue(settings.maxQueuedBytes);
    const pending = new PendingEvents(this.#fail, () => this.#onIdle());
    this.#settings = settings;
    this.#report = report;
    this.#openCalls = openCalls;
    this.#store = settings.offline === undefined ? settings.journal : undefined;
    this.#queue = queue;
    this.#scores = new Queue(settings.maxQueuedBytes, queue);
    this.#pending = pending;
    const parts = { settings, client, pending, fail: this.#fail, useStore: this.#useStore };
    this.#sender = new Sender({ ...parts, queue, refill: this.#refill });
    this.#scoreSender = new Sender({ ...parts, queue: this.#scores, refill: this.#recover });
    if (this.#store !== undefined) this.#backlog = pending.addBacklog();
    this.#sender.schedule();
    if (this.#isOnDisk) this.#stopListening = onExit(this.#exit);
  }

  /** Adds the event of a call. Fast: encodes and sends nothing. */
  accept(call: SettledCall): void {
    const event = this.#pending.add(call);
    const isFull = this.#pending.stats.queued > this.#settings.maxQueuedEvents;
    if (this.#isClosed || (isFull && this.#store === undefined)) {
      this.#pending.giveUp([event], this.#isClosed ? 'delivery is closed' : 'the queue is full');
      return;
    }
    this.#ended.push(event);
    this.#stopListening ??= onExit(this.#exit);
    if (this.#isExiting) this.#exit();
    else this.#cancelEncoding ??= later(0, () => this.#encode());
  }

  fullness(): number {
    if (this.#store !== undefined) return 0;
    const { maxQueuedEvents, maxQueuedBytes } = this.#settings;
    return Math.max(this.#pending.stats.queued / maxQueuedEvents, this.#queue.bytes / maxQueuedBytes);
  }

  stats(): Partial<DeliveryStats> {
    return { ...this.#pending.stats, bytes: this.#queue.bytes + this.#scores.bytes };
  }

  /** Waits for the calls accepted so far: under steady traffic, waiting for later ones would never end. */
  async flush(timeoutMs?: number): Promise<boolean> {
    const calls = [...this.#openCalls.keys()];
    const isDone = await this.#wait(await this.#waitForRetries(1, timeoutMs), false);
    return isDone && !calls.some((call) => this.#openCalls.has(call));
  }

  /** For `waitUntil`: flushes, then waits for requests and cost look-ups that the flush also began for other callers. */
  async flushWithin(): Promise<void> {
    await this.flush();
    await this.#pending.wait(defaultWaitMs);
  }

  /** Waits until no event is left, and accepts no more. Afterwards events stay in the journal or are given up. */
  async close(timeoutMs?: number): Promise<boolean> {
    const leftMs = await this.#waitForRetries(0.5, timeoutMs);
    for (const { giveUp } of [...this.#openCalls.values()]) giveUp();
    await this.#wait(leftMs, true);
    // Other code may have ended calls between the end of the wait and this line.
    this.#encode();
    const { isIdle } = this.#pending;
    this.#isClosed = true;
    this.#cancelRecovery?.();
    this.#sender.stop();
    this.#scoreSender.stop();
    const left = this.#clear();
    if (this.#store !== undefined) this.#keep(left);
    else this.#pending.giveUp(left, `delivery was closed before they were sent${this.#sender.lastFailure}`);
    this.#useStore((store) => store.close(), 'the journal could not be closed');
    if (this.#backlog !== undefined) this.#pending.conclude(this.#backlog);
    if (this.#pending.isIdle) this.#onIdle();
    return isIdle;
  }

  /**
   * Waits until it is known whether failed calls are retried.
   *
   * @param share - Of the time, that this may take.
   * @returns The time left.
   */
  async #waitForRetries(share: number, timeoutMs = defaultWaitMs): Promise<number> {
    const waitMs = timeoutMs >= 0 ? timeoutMs : defaultWaitMs;
    const calls = [...this.#openCalls.values()];
    if (calls.length === 0) return waitMs;
    const startedAt = now();
    await new Promise<void>((resolve) => {
      const cancel = later(waitMs * share, resolve, true);
      let left = calls.length;
      for (const call of calls) {
        const { onKnown } = call;
        call.onKnown = () => {
          onKnown?.();
          left -= 1;
          if (left > 0) return;
          cancel();
          resolve();
        };
      }
    });
    return Math.max(0, waitMs - (now() - startedAt));
  }

  #wait(timeoutMs: number, isLast: boolean): Promise<boolean> {
    this.#encode();
    const onSent = this.#settings.waitUntil === undefined ? undefined : this.#goOn();
    const isDone = this.#pending.wait(timeoutMs, isLast, onSent);
    // Events that a flush waits for are urgent.
    this.#sender.schedule();
    return isDone;
  }

  /**
   * On Cloudflare Workers, timers and requests end with the incoming request that started them. So those who wait for
   * events send them, each on its own behalf: a promise runs its callbacks in the incoming request that created it.
   *
   * @returns A function that schedules the next send, in the incoming request that called this method.
   */
  #goOn(): () => void {
    let wake = (): void => {};
    const run = async (): Promise<never> => {
      for (;;) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        this.#sender.schedule();
      }
    };
    void run();
    return () => wake();
  }

  #queueOf({ json }: Pick<PendingEvent, 'json'>): Queue {
    return isScore(json) ? this.#scores : this.#queue;
  }

  #clear(): PendingEvent[] {
    return [...this.#queue.clear(), ...this.#scores.clear()];
  }

  /** The journal has these events, and the queue no longer. */
  #keep(events: readonly PendingEvent[]): void {
    for (const event of events)
      this.#pending.conclude(event, withWarning('is in the journal, not delivered yet'));
  }

  readonly #refill = (): void => {
    // The events before a score may be delivered now.
    this.#scoreSender.schedule();
    this.#recover();
  };

  /** Takes the next few events of the journal, when the last few are done: new calls come first. */
  readonly #recover = (): void => {
    const backlog = this.#backlog;
    const { maxQueuedEvents, maxQueuedBytes } = this.#settings;
    const isHalfFull = [this.#queue, this.#scores].some(
      ({ length, bytes }) => length * 2 >= maxQueuedEvents || bytes * 2 >= maxQueuedBytes,
    );
    if (backlog === undefined || isHalfFull) return;
    if (this.#leftBehind.some(({ state }) => state !== 'concluded')) return;
    let found: readonly StoredEvent[] | undefined;
    this.#useStore((store) => {
      found = store.recover(this.#fail);
    }, 'the journal could not be read');
    // However old an event is, this process gets the whole time to deliver it.
    const takenAt = now();
    const taken = (found ?? []).map(({ id, json, acceptedAt }) => {
      const event = this.#pending.add(undefined);
      Object.assign(event, { id, json, acceptedAt, takenAt, bytes: utf8Length(json) });
      this.#queueOf(event).push(event);
      return event;
    });
    this.#leftBehind = taken.filter(({ json }) => !isScore(json));
    if (found !== undefined) {
      later(0, () => this.#sender.schedule());
      return;
    }
    this.#backlog = undefined;
    this.#pending.conclude(backlog);
    this.#cancelRecovery?.();
    this.#cancelRecovery = later(recoverAgainMs, () => {
      this.#backlog ??= this.#pending.addBacklog();
      this.#sender.schedule();
    });
  };

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
    if (surplus.length > 0) this.#overflow(surplus);
    const queued = events.filter(({ state }) => state === 'queued');
    if (queued.length === 0) return;
    if (this.#settings.offline !== undefined) this.#write(this.#clear());
    else this.#useStore((store) => store.append(queued));
    this.#sender.schedule();
  }

  /** Content leaves half of the queue to events without content. @returns False when the queue is full. */
  #enqueue(event: PendingEvent, call: SettledCall): boolean {
    const content = takeContent(call, this.#report);
    encodeEvent(event, this.#settings, content);
    const queue = this.#queueOf(event);
    const isBare = content !== undefined && !queue.hasRoomFor(event, 0.5);
    if (isBare) encodeEvent(event, this.#settings);
    const hasTooMany = this.#store !== undefined && queue.length >= this.#settings.maxQueuedEvents;
    if (hasTooMany || !queue.hasRoomFor(event)) return false;
    queue.push(event);
    if (isBare) this.#fail('the queue is full: an event goes without its content');
    return true;
  }

  /** The journal keeps events that the queue has no room for, until it has. */
  #overflow(events: readonly PendingEvent[]): void {
    let isKept = false;
    this.#useStore((store) => {
      store.overflow(events);
      isKept = true;
    });
    if (isKept) {
      this.#backlog ??= this.#pending.addBacklog();
      this.#keep(events);
    } else this.#pending.giveUp(events, 'the queue is full');
  }

  /** Hands events to the offline writer. */
  #write(events: readonly PendingEvent[]): void {
    const pending = this.#pending;
    const written = (): void => {
      for (const event of events) {
        pending.deliver(event);
        pending.conclude(event);
      }
    };
    const failed = (cause: unknown): void => pending.giveUp(events, 'they could not be written', cause);
    try {
      const result: unknown = this.#settings.offline?.(events.map(({ json }) => json));
      if (isPromiseLike(result)) Promise.resolve(result).then(written, failed);
      else written();
    } catch (cause) {
      failed(cause);
    }
  }

  /** A disk keeps its events when the process ends, and accepts calls that end while it exits. */
  get #isOnDisk(): boolean {
    return this.#store !== undefined || this.#settings.offline !== undefined;
  }

  readonly #exit = (): void => {
    this.#isExiting = true;
    this.#encode();
    if (this.#store !== undefined) return;
    this.#pending.giveUp(this.#clear(), 'the process ended before they were delivered');
  };

  /** Unhooks from the exit of the process while there is nothing to report. */
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
