import { later, now } from '../runtime.ts';
import { retryDelay } from './backoff.ts';
import { CostLookUps } from './cost-look-ups.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import { encodeEvent } from './encode-event.ts';
import { leaveOut } from './leave-out.ts';
import type { PendingEvent } from './pending-events.ts';
import type { Rejected, Retry, SendResult } from './send-result.ts';

/**
 * After this many consecutive failures, requests carry one event. The batch size then grows ×4 on success and halves on
 * failure, back to `maxBatch`: an event that the service fails on fails alone and does not hold up the others.
 */
const openCircuitAt = 5;

/** Sends queued events, one request at a time: when the timer is due, in batches, with a back-off after failures. */
export class Sender {
  readonly #parts: DeliveryParts;
  readonly #lookUps: CostLookUps;
  #batchSize: number;
  #failures = 0;
  /** Why the last request failed: empty, or ` (reason)`. Quoted when events are given up. */
  lastFailure = '';
  /** It is reported that events are held back. */
  #isTold = false;
  #isSending = false;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;
  /** Nothing is sent before this time on the clock of `now()`. */
  #notBefore = 0;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#lookUps = new CostLookUps(parts);
    this.#batchSize = parts.settings.maxBatch;
  }

  /** @param isSoon - Sends at once what is due. A timer would cost 5 µs of processor time per event (bench/delivery/events.ts). */
  schedule(isSoon = false): void {
    const { settings, queue, pending, refill } = this.#parts;
    if (this.#isSending || this.#isStopped) return;
    refill();
    const { first } = queue;
    if (first === undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const isUrgent =
      pending.isAwaited ||
      this.#failures > 0 ||
      queue.length >= settings.maxBatch ||
      // An earlier process left it behind, and it has waited long enough.
      first.call === undefined;
    const delayMs = Math.max(this.#notBefore, isUrgent ? 0 : first.takenAt + settings.intervalMs) - now();
    if (delayMs <= 0 && isSoon) {
      void this.#send();
      return;
    }
    const cancel = later(Math.max(0, delayMs), () => {
      // Cloudflare Workers cancel no timer of another incoming request.
      if (this.#cancelTimer === cancel) void this.#send();
    });
    this.#cancelTimer = cancel;
  }

  /** Sends nothing more, and ignores the answer to a request that is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#lookUps.stop();
  }

  async #send(): Promise<void> {
    const { client, queue, pending, settings, useStore, fail } = this.#parts;
    this.#giveUpOld();
    const batch = queue.nextBatch(this.#batchSize);
    if (batch.length === 0) return this.schedule();
    this.#isSending = true;
    this.#cancelTimer = undefined;
    for (const { isResend } of batch) if (isResend) pending.stats.retried += 1;
    try {
      useStore((store) => store.sending(idsOf(batch)));
      const results = await client.send(batch);
      if (!this.#isStopped) this.#apply(batch, results);
    } catch (cause) {
      // The events are still queued, and the next attempt comes after a pause.
      this.#backOff(0);
      fail('an attempt to send events failed inside this library', cause);
    } finally {
      this.#isSending = false;
    }
    // With `waitUntil`, those who wait for events schedule the next send.
    if (settings.waitUntil === undefined || !pending.isAwaited) this.schedule(this.#failures === 0);
    pending.sent();
  }

  #apply(batch: readonly PendingEvent[], results: readonly SendResult[]): void {
    const { queue, pending, useStore } = this.#parts;
    const again: PendingEvent[] = [];
    const done: [PendingEvent, Exclude<SendResult, Retry>][] = [];
    let failure: Retry | undefined;
    for (const [index, event] of batch.entries()) {
      const result = results[index] as SendResult;
      if (result.kind === 'retry') {
        event.isResend ||= result.isUnsent !== true;
        again.push(event);
        if (failure === undefined || result.retryAfterMs > failure.retryAfterMs) failure = result;
      } else if (result.kind === 'rejected' && this.#mend(event, result)) again.push(event);
      else done.push([event, result]);
    }
    // First, because the application may end the process when it gets a receipt.
    queue.removeBatch(batch, again);
    if (done.length > 0) useStore((store) => store.settled(idsOf(done.map(([event]) => event))));
    let isAnyAccepted = false;
    for (const [event, result] of done) {
      if (result.kind === 'accepted') {
        isAnyAccepted = true;
        pending.deliver(event);
        if (result.warnings !== undefined) event.warnings = [...event.warnings, ...result.warnings];
        this.#lookUps.conclude(event, result.answer);
      } else pending.reject(event, result.reason);
    }
    this.#adapt(batch.length, failure, isAnyAccepted);
  }

  /** Adapts batch size and pause to how a request ended. */
  #adapt(batchLength: number, failure: Retry | undefined, isAnyAccepted: boolean): void {
    const { settings, queue, fail } = this.#parts;
    const { maxBatch } = settings;
    if (failure === undefined) {
      this.#failures = 0;
      this.#isTold = false;
      this.lastFailure = '';
      this.#batchSize = Math.min(maxBatch, this.#batchSize * 4);
      return;
    }
    this.lastFailure = ` (${failure.reason})`;
    if (isAnyAccepted) this.#failures = 0;
    else if (this.#batchSize < maxBatch) this.#batchSize = Math.max(1, batchLength >> 1);
    this.#backOff(failure.retryAfterMs);
    if (failure.isSetUp) queue.renew(now());
    if (this.#isTold || !(failure.isSetUp || this.#failures >= openCircuitAt)) return;
    this.#isTold = true;
    fail(`events are held back, Pay-i does not take them: ${failure.reason}`);
  }

  #backOff(retryAfterMs: number): void {
    this.#failures += 1;
    if (this.#failures >= openCircuitAt) this.#batchSize = 1;
    this.#notBefore = now() + retryDelay(this.#failures, retryAfterMs, this.#parts.settings);
  }

  /**
   * An event that is refused for its size, by Pay-i or a proxy in between, or for a label is worth more without that than
   * not at all.
   *
   * @returns Whether to send it again.
   */
  #mend(event: PendingEvent, { isTooLarge, code = '' }: Rejected): boolean {
    const { settings, queue, useStore, fail } = this.#parts;
    let names: string[] = [];
    queue.update(event, () => {
      if (isTooLarge !== true) names = leaveOut(event, code);
      else if (event.hasContent) {
        encodeEvent(event, settings);
        names = ['content'];
      }
    });
    if (names.length === 0) return false;
    useStore((store) => store.append([event]));
    const what = `${names.join(', ')} (${isTooLarge ? 'too large' : code})`;
    event.warnings = [...event.warnings, `Pay-i refused ${what}: reported without`];
    fail(`an event goes without what Pay-i refused: ${what}`);
    return true;
  }

  #giveUpOld(): void {
    const { settings, queue, pending, useStore } = this.#parts;
    const old = queue.removeOlderThan(now() - settings.maxAgeMs);
    if (old.length > 0) useStore((store) => store.settled(idsOf(old)));
    pending.giveUp(old, `they could not be delivered in time${this.lastFailure}`);
  }
}

function idsOf(events: readonly PendingEvent[]): string[] {
  return events.map(({ id }) => id);
}
