import type { Receipt } from '../call/receipt.ts';
import type { SettledCall } from '../call/settled-call.ts';
import { isPromiseLike, later, now, onExit, utf8Length } from '../runtime.ts';
import type { DeliveryOptions } from '../settings/delivery-options.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { DeliveryStats } from '../settings/payi.ts';
import type { Store, StoredEvent } from '../settings/store.ts';
import { readProxyResult } from '../usage/proxy-result.ts';
import { retryDelay } from './backoff.ts';
import { contentOfCall, type DeliveredContent, RedactorFailure } from './content/content-of-call.ts';
import type { DeliveryTarget } from './delivery-target.ts';
import { eventOfReceipt, type IngestItem } from './event-of-receipt.ts';
import { IngestClient, type Verdict } from './ingest-client.ts';

interface QueuedEvent extends StoredEvent {
  /** Absent for what an earlier process left behind. */
  readonly call?: SettledCall;
  readonly category?: string;
  /** When this process had it, on the clock of `now()`: that of `acceptedAt` may be set while an event waits. */
  readonly takenAt: number;
  /** Counts what this process has accepted, from 1; 0 for what an earlier one left. */
  readonly place: number;
  readonly bytes: number;
  /** It can be sent without. */
  readonly hasContent?: boolean;
  isResend: boolean;
}

/** When an event was accepted, and as which. */
type Accepted = Pick<QueuedEvent, 'acceptedAt' | 'takenAt' | 'place'>;

/**
 * From so many failures in a row on, requests carry one event: enough to see whether the service is back. Each that
 * succeeds lets the next carry four times as many, each that fails half, until they are as long as before: an event that
 * the service fails on then fails alone, and holds up none of the others.
 */
const openCircuitAt = 5;
const maxResultsUnderWay = 100;
/** Too many calls wait to be asked for, or delivery was closed before. */
const unasked = 'its cost was not asked for';
const maxRequestBytes = 4_194_304;

/**
 * Brings settled calls to Pay-i: a bounded queue, one request at a time. An event leaves the queue when Pay-i has
 * answered for it, or when it is given up, which is counted and reported.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #bounds: {
    readonly maxQueuedEvents: number;
    readonly maxQueuedBytes: number;
    readonly maxBatch: number;
    readonly intervalMs: number;
    readonly maxAgeMs: number;
    readonly minRetryMs: number;
    readonly maxRetryMs: number;
  };
  readonly #report: OnDiagnostic;
  readonly #client: IngestClient;
  readonly #store: Store | undefined;
  /** Calls that have ended and are not events yet: that is done between the steps of the application. */
  readonly #calls: SettledCall[] = [];
  #cancelTakeIn: (() => void) | undefined;
  #isExiting = false;
  #forgetExit: (() => void) | undefined;
  #queue: QueuedEvent[] = [];
  #bytes = 0;
  #sent = 0;
  #retried = 0;
  #rejected = 0;
  #dropped = 0;
  #failures = 0;
  /** Events in the next request, at most. */
  #batchLimit: number;
  /** Why it was, for whoever reads that events were given up. */
  #lastFailure = '';
  #isSending = false;
  #cancelTimer: (() => void) | undefined;
  /** Before this time nothing is sent, on the clock of `now()`. */
  #notBefore = 0;
  /** What was refused and stays in the journal, which must not grow without end either. */
  #keptEvents = 0;
  #keptBytes = 0;
  /** Delivered calls of which the cost is still to be asked for, and those of which it is being asked. */
  readonly #questions: QueuedEvent[] = [];
  readonly #asked = new Set<QueuedEvent>();
  /** Events that an asynchronous `offline` has and has not answered for. */
  readonly #writing = new Set<QueuedEvent>();
  /** The place of the newest. */
  #accepted = 0;
  /** Flushes that wait. Told the place of the oldest event that is left, `Infinity` when there is none. */
  readonly #flushes = new Set<(oldest: number) => void>();
  #isClosed = false;

  constructor({ baseUrl, apiKey, report, options }: DeliveryTarget) {
    this.#options = options;
    this.#bounds = {
      maxQueuedEvents: options.maxQueuedEvents ?? 10_000,
      maxQueuedBytes: options.maxQueuedBytes ?? 16_777_216,
      maxBatch: Math.min(1000, Math.max(1, options.maxBatch ?? 100)),
      intervalMs: options.intervalMs ?? 1000,
      maxAgeMs: options.maxAgeMs ?? 3_600_000,
      minRetryMs: options.minRetryMs ?? 500,
      maxRetryMs: options.maxRetryMs ?? 30_000,
    };
    this.#batchLimit = this.#bounds.maxBatch;
    this.#report = report;
    this.#client = new IngestClient(baseUrl, apiKey, options.timeoutMs ?? 10_000);
    this.#store = options.offline === undefined ? options.journal : undefined;
    this.#recover();
    if (this.#isOnDisk) this.#forgetExit = onExit(() => this.#exit());
  }

  /** Takes a call over. Fast: nothing is encoded or sent here. */
  accept(call: SettledCall): void {
    if (this.#isClosed) {
      this.#giveUp([call], 'delivery is closed');
      return;
    }
    if (this.#calls.length + this.#queue.length >= this.#bounds.maxQueuedEvents) {
      this.#giveUp([call], 'the queue is full');
      return;
    }
    this.#calls.push(call);
    this.#accepted += 1;
    this.#forgetExit ??= onExit(() => this.#exit());
    if (this.#isExiting) this.#exit();
    else this.#cancelTakeIn ??= later(0, () => this.#takeIn());
  }

  stats(): DeliveryStats {
    return {
      queued: this.#queued,
      sent: this.#sent,
      retried: this.#retried,
      rejected: this.#rejected,
      dropped: this.#dropped,
      bytes: this.#bytes,
    };
  }

  /**
   * Waits for what has been accepted so far, and not for what comes meanwhile, which may never end.
   *
   * @returns Whether nothing of it is left to deliver. False when the time was up before.
   */
  flush(timeoutMs?: number): Promise<boolean> {
    return this.#waitUntil(this.#accepted + 1, timeoutMs);
  }

  /** @param place - That of the first event not to wait for. */
  #waitUntil(place: number, timeoutMs = 10_000): Promise<boolean> {
    this.#takeIn();
    if (this.#oldest() >= place) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (isDone: boolean): void => {
        cancel();
        this.#flushes.delete(onProgress);
        resolve(isDone);
      };
      const onProgress = (oldest: number): void => {
        if (oldest >= place) end(true);
      };
      // Somebody waits, so that the process has to.
      const cancel = later(timeoutMs >= 0 ? timeoutMs : 10_000, () => end(false), true);
      this.#flushes.add(onProgress);
      this.#schedule();
    });
  }

  /**
   * Waits until nothing is left, and takes nothing more. What is left when the time is up is given up, unless a journal
   * has it.
   */
  async close(timeoutMs?: number): Promise<boolean> {
    await this.#waitUntil(Number.POSITIVE_INFINITY, timeoutMs);
    // Calls may have ended since: between the end of a flush and this line other code runs.
    this.#takeIn();
    const isEmpty = this.#isIdle;
    this.#isClosed = true;
    this.#cancelTimer?.();
    const left = this.#queue.splice(0);
    this.#bytes = 0;
    for (const { call } of this.#questions.splice(0)) call?.conclude(warned(call.receipt, unasked));
    if (this.#store !== undefined) {
      for (const { call } of left)
        call?.conclude(warned(call.receipt, 'is in the journal, not delivered yet'));
      this.#attempt('the journal could not be closed', (store) => store.close());
    } else {
      this.#giveUp(
        left.flatMap(({ call }) => call ?? []),
        `delivery was closed before they were sent${this.#lastFailure}`,
      );
    }
    this.#tellFlushes();
    return isEmpty;
  }

  /** The place of the oldest call of which it is not known yet what becomes of it. */
  #oldest(): number {
    // Nothing is in order: what failed alone went to the end.
    let oldest = this.#calls.length > 0 ? this.#accepted - this.#calls.length + 1 : Number.POSITIVE_INFINITY;
    for (const events of [this.#queue, this.#questions, this.#asked, this.#writing]) {
      for (const { place } of events) if (place < oldest) oldest = place;
    }
    return oldest;
  }

  get #isIdle(): boolean {
    return this.#queued === 0 && this.#asked.size === 0 && this.#questions.length === 0;
  }

  /** What is on a disk is not lost with the process; and nothing comes so late that it cannot go there. */
  get #isOnDisk(): boolean {
    return this.#store !== undefined || this.#options.offline !== undefined;
  }

  get #queued(): number {
    return this.#calls.length + this.#queue.length + this.#writing.size;
  }

  /** Puts on disk, now and from now on at once, what would be lost with the process; and tells of what has no disk. */
  #exit(): void {
    this.#isExiting = true;
    this.#takeIn();
    if (this.#store !== undefined) return;
    this.#giveUp(
      this.#queue.splice(0).flatMap(({ call }) => call ?? []),
      'the process ended before they were delivered',
    );
  }

  #recover(): void {
    this.#attempt('the journal could not be read', (store) => {
      // However long they have lain there: it is this process that has to be given time to deliver them.
      const takenAt = now();
      for (const event of store.recover((message) => this.#fail(message))) {
        this.#push({ ...event, takenAt, place: 0, bytes: utf8Length(event.json), isResend: false });
      }
      this.#schedule();
    });
  }

  /** Turns the calls of the last turn into events. */
  #takeIn(): void {
    this.#cancelTakeIn?.();
    this.#cancelTakeIn = undefined;
    // The list stays the same one: it is old by now, and calls in an old list that is let go of would grow old with it.
    const calls = this.#calls.splice(0);
    if (calls.length === 0) return;
    const added: QueuedEvent[] = [];
    const refused: SettledCall[] = [];
    const acceptedAt = Date.now();
    const takenAt = now();
    let place = this.#accepted - calls.length;
    for (const call of calls) {
      place += 1;
      try {
        const event = this.#eventOf(call, { acceptedAt, takenAt, place });
        if (event === undefined) refused.push(call);
        else {
          added.push(event);
          this.#push(event);
        }
      } catch (cause) {
        this.#giveUp([call], 'a fault of this library', cause);
      }
    }
    if (refused.length > 0) this.#giveUp(refused, 'the queue is full');
    if (this.#options.offline !== undefined) {
      this.#writeOffline(added);
      return;
    }
    if (added.length > 0) this.#attempt('the journal could not be written', (store) => store.append(added));
    else this.#tellFlushes();
    this.#schedule();
  }

  /**
   * With its content if there is room for it, else without; `undefined` when there is no room at all. Content leaves half
   * of the queue to events that have none.
   */
  #eventOf(call: SettledCall, accepted: Accepted): QueuedEvent | undefined {
    const content = this.#contentOf(call);
    const event = this.#encode(call, accepted, content);
    if (content === undefined) return this.#hasRoomFor(event, 1) ? event : undefined;
    if (this.#hasRoomFor(event, 0.5)) return event;
    const bare = this.#encode(call, accepted);
    if (!this.#hasRoomFor(bare, 1)) return undefined;
    this.#fail('the queue is full: an event goes without its content');
    return bare;
  }

  #hasRoomFor({ bytes }: QueuedEvent, share: number): boolean {
    return this.#bytes + bytes <= this.#bounds.maxQueuedBytes * share;
  }

  /** @param id - Where the event has one already. */
  #encode(
    call: SettledCall,
    { acceptedAt, takenAt, place }: Accepted,
    content?: DeliveredContent,
    id?: string,
  ): QueuedEvent {
    const item = eventOfReceipt(call.receipt, this.#options, call.providerUri, content);
    if (id !== undefined) item.provider_response_id = id;
    const json = wellFormed(JSON.stringify(item));
    return {
      id: item.provider_response_id,
      category: item.category,
      json,
      bytes: utf8Length(json),
      acceptedAt,
      takenAt,
      place,
      call,
      hasContent: content !== undefined,
      isResend: false,
    };
  }

  /** What Pay-i, or a proxy in between, refuses for its size is worth more without content than not at all. */
  #withoutContent(event: QueuedEvent): QueuedEvent | undefined {
    const { call, hasContent, id } = event;
    if (call === undefined || hasContent !== true) return undefined;
    const bare = this.#encode(call, event, undefined, id);
    this.#bytes += bare.bytes;
    this.#attempt('the journal could not be written', (store) => store.append([bare]));
    this.#fail('an event is too large for Pay-i: it goes without its content');
    return bare;
  }

  #contentOf({ content, receipt }: SettledCall): DeliveredContent | undefined {
    if (content === undefined) return undefined;
    try {
      return contentOfCall(content, receipt);
    } catch (cause) {
      const { operation } = receipt;
      const isRedactor = cause instanceof RedactorFailure;
      this.#report({
        code: isRedactor ? 'CALLBACK_FAILED' : 'INTERNAL_FAULT',
        message: `the content of a call was left out of its event: ${isRedactor ? cause.message : 'it could not be read'}`,
        operation,
        cause: isRedactor ? (cause.cause ?? cause) : cause,
      });
      return undefined;
    } finally {
      content.clear();
    }
  }

  #push(event: QueuedEvent): void {
    this.#queue.push(event);
    this.#bytes += event.bytes;
  }

  #writeOffline(events: readonly QueuedEvent[]): void {
    const calls = events.flatMap(({ call }) => call ?? []);
    const written = (): void => {
      this.#sent += calls.length;
      for (const call of calls) call.conclude(call.receipt);
    };
    const failed = (cause: unknown): void => this.#giveUp(calls, 'they could not be written', cause);
    this.#queue = [];
    this.#bytes = 0;
    try {
      const result: unknown = this.#options.offline?.(events.map(({ json }) => json));
      if (isPromiseLike(result)) {
        for (const event of events) this.#writing.add(event);
        const end = (): void => {
          for (const event of events) this.#writing.delete(event);
          this.#tellFlushes();
        };
        Promise.resolve(result).then(written, failed).finally(end);
      } else written();
    } catch (cause) {
      failed(cause);
    }
    this.#tellFlushes();
  }

  /** @param goesOn - A request has just succeeded. A timer before the next would cost 5 µs of processor time per event. */
  #schedule(goesOn = false): void {
    if (this.#isSending || this.#isClosed || this.#queue.length === 0) return;
    this.#cancelTimer?.();
    const [oldest] = this.#queue;
    const isUrgent =
      this.#flushes.size > 0 ||
      this.#failures > 0 ||
      this.#queue.length >= this.#bounds.maxBatch ||
      // An earlier process left it, and it has waited long enough.
      oldest?.call === undefined;
    const dueAt = Math.max(this.#notBefore, isUrgent ? 0 : oldest.takenAt + this.#bounds.intervalMs);
    const delayMs = dueAt - now();
    if (delayMs <= 0 && goesOn) void this.#send();
    else this.#cancelTimer = later(Math.max(0, delayMs), () => void this.#send());
  }

  async #send(): Promise<void> {
    this.#giveUpOld();
    const batch = this.#nextBatch(this.#batchLimit);
    if (batch.length === 0) {
      this.#tellFlushes();
      return;
    }
    this.#isSending = true;
    for (const { isResend } of batch) if (isResend) this.#retried += 1;
    try {
      this.#attempt('the journal could not be written', (store) => store.sending(batch.map(({ id }) => id)));
      this.#apply(batch, await this.#client.send(batch));
    } catch (cause) {
      // Whatever it was, the events are still there, and the next attempt has its time.
      this.#backOff(0);
      this.#fail('an attempt to send events failed inside this library', cause);
    } finally {
      this.#isSending = false;
    }
    this.#schedule(this.#failures === 0);
    this.#tellFlushes();
  }

  /** Events with content can be long: a request has one in any case, and no more than fit into {@link maxRequestBytes}. */
  #nextBatch(maxEvents: number): QueuedEvent[] {
    const batch: QueuedEvent[] = [];
    let bytes = 0;
    for (const event of this.#queue) {
      bytes += event.bytes;
      if (batch.length >= maxEvents || (batch.length > 0 && bytes > maxRequestBytes)) break;
      batch.push(event);
    }
    return batch;
  }

  #apply(batch: readonly QueuedEvent[], verdicts: readonly Verdict[]): void {
    // What was under way when the queue was closed has been given up, or is in the journal.
    if (this.#isClosed) return;
    const again: QueuedEvent[] = [];
    const settled: string[] = [];
    let failure: Extract<Verdict, { kind: 'again' }> | undefined;
    let taken = 0;
    batch.forEach((event, index) => {
      const verdict = verdicts[index] as Verdict;
      if (verdict.kind === 'again') {
        event.isResend ||= verdict.isUnsent !== true;
        again.push(event);
        if (failure === undefined || verdict.retryAfterMs > failure.retryAfterMs) failure = verdict;
        return;
      }
      this.#bytes -= event.bytes;
      const bare = verdict.kind === 'refused' && verdict.isTooLarge ? this.#withoutContent(event) : undefined;
      if (bare !== undefined) {
        again.push(bare);
        return;
      }
      if (verdict.kind === 'taken') {
        taken += 1;
        settled.push(event.id);
        this.#conclude(event, verdict.answer);
      } else {
        this.#rejected += 1;
        // A journal keeps for a process with a better key or address what is not the fault of the event.
        if (!verdict.isKept || !this.#mayKeep(event)) settled.push(event.id);
        this.#fail(`Pay-i refused an event: ${verdict.reason}`);
        event.call?.conclude(warned(event.call.receipt, `Pay-i refused the event: ${verdict.reason}`));
      }
    });
    this.#sent += taken;
    this.#queue.splice(0, batch.length);
    // One event that is refused alone must not stand in the way of the others.
    if (batch.length === 1) this.#queue.push(...again);
    else if (again.length > 0) this.#queue.unshift(...again);
    if (settled.length > 0)
      this.#attempt('the journal could not be written', (store) => store.settled(settled));
    if (failure === undefined) {
      this.#failures = 0;
      this.#lastFailure = '';
      this.#batchLimit = Math.min(this.#bounds.maxBatch, this.#batchLimit * 4);
    } else {
      this.#lastFailure = ` (${failure.reason})`;
      if (taken > 0) this.#failures = 0;
      else if (this.#batchLimit < this.#bounds.maxBatch) this.#batchLimit = Math.max(1, batch.length >> 1);
      this.#backOff(failure.retryAfterMs);
      if (this.#failures === openCircuitAt) {
        this.#fail(`events are held back, Pay-i does not take them: ${failure.reason}`);
      }
    }
  }

  /** As much as a queue may hold. */
  #mayKeep({ bytes }: QueuedEvent): boolean {
    this.#keptEvents += 1;
    this.#keptBytes += bytes;
    return this.#keptEvents <= this.#bounds.maxQueuedEvents && this.#keptBytes <= this.#bounds.maxQueuedBytes;
  }

  #backOff(retryAfterMs: number): void {
    this.#failures += 1;
    if (this.#failures >= openCircuitAt) this.#batchLimit = 1;
    this.#notBefore = now() + retryDelay(this.#failures, retryAfterMs, this.#bounds);
  }

  /** The queue is in order of age, but for single events that were put behind. */
  #giveUpOld(): void {
    const oldest = now() - this.#bounds.maxAgeMs;
    if (!this.#queue.some(({ takenAt }) => takenAt < oldest)) return;
    const old = this.#queue.filter(({ takenAt }) => takenAt < oldest);
    this.#queue = this.#queue.filter(({ takenAt }) => takenAt >= oldest);
    for (const { bytes } of old) this.#bytes -= bytes;
    this.#attempt('the journal could not be written', (store) => store.settled(old.map(({ id }) => id)));
    this.#giveUp(
      old.flatMap(({ call }) => call ?? []),
      `they could not be delivered in time${this.#lastFailure}`,
      undefined,
      old.length,
    );
  }

  /** @param count - Of the events: those that an earlier process left have no calls. */
  #giveUp(calls: readonly SettledCall[], reason: string, cause?: unknown, count = calls.length): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#fail(`${count} event(s) given up: ${reason}`, cause);
    for (const call of calls) call.conclude(warned(call.receipt, `not reported to Pay-i: ${reason}`));
  }

  /** Completes the receipt of a call that Pay-i knows. */
  #conclude(event: QueuedEvent, answer: unknown): void {
    const { call } = event;
    if (call === undefined) return;
    if (answer !== undefined) {
      call.conclude(withResult(call.receipt, answer));
      return;
    }
    if (this.#options.results === 'never' || !call.isAwaited()) {
      call.conclude(call.receipt);
      return;
    }
    if (this.#questions.length >= this.#bounds.maxQueuedEvents) {
      call.conclude(warned(call.receipt, unasked));
      return;
    }
    this.#questions.push(event);
    this.#ask();
  }

  /** Asks what calls cost, of so many at a time. */
  #ask(): void {
    while (this.#asked.size < maxResultsUnderWay) {
      const event = this.#questions.shift();
      if (event === undefined) return;
      this.#asked.add(event);
      const { call, category, id } = event;
      void this.#client
        .result({ category, provider_response_id: id } as IngestItem, (failures, retryAfterMs) =>
          pause(retryDelay(failures, retryAfterMs, this.#bounds)),
        )
        .catch(() => undefined)
        .then((result) => call?.conclude(withResult(call.receipt, result)))
        .finally(() => {
          this.#asked.delete(event);
          this.#ask();
          this.#tellFlushes();
        });
    }
  }

  /** To be called whenever something was delivered or given up. */
  #tellFlushes(): void {
    // Whoever has nothing to tell at the exit is not held until then.
    if (this.#isIdle && (!this.#isOnDisk || this.#isClosed)) {
      this.#forgetExit?.();
      this.#forgetExit = undefined;
    }
    if (this.#flushes.size === 0) return;
    const oldest = this.#oldest();
    for (const flush of [...this.#flushes]) flush(oldest);
  }

  #attempt(message: string, use: (store: Store) => void): void {
    try {
      if (this.#store !== undefined) use(this.#store);
    } catch (cause) {
      this.#fail(message, cause);
    }
  }

  #fail(message: string, cause?: unknown): void {
    this.#report({ code: 'DELIVERY_FAILED', message, ...(cause !== undefined && { cause }) });
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => later(delayMs, resolve));
}

/** Half a character, which JSON can write and many a server does not read, would cost the event. */
function wellFormed(json: string): string {
  return json.includes('\\ud') ? json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][\da-f]{2}/g, '$1\uFFFD') : json;
}

function warned(receipt: Receipt, warning: string): Receipt {
  return Object.freeze({ ...receipt, warnings: Object.freeze([...receipt.warnings, warning]) });
}

function withResult(receipt: Receipt, answer: unknown): Receipt {
  const result = readProxyResult(answer);
  if (result === undefined) return warned(receipt, 'Pay-i took the event without telling its cost');
  const { requestId, cost, limits, blockedLimitIds, warnings = [] } = result;
  return Object.freeze({
    ...receipt,
    ...(requestId !== undefined && { requestId }),
    ...(cost !== undefined && { cost: Object.freeze(cost) }),
    ...(limits !== undefined && { limits: Object.freeze(limits) }),
    ...(blockedLimitIds !== undefined && { blockedLimitIds: Object.freeze(blockedLimitIds) }),
    warnings: Object.freeze([...receipt.warnings, ...warnings]),
  });
}
