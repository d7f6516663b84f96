import { later } from '../runtime.ts';
import { retryDelay } from './backoff.ts';
import { withResult } from './complete-receipt.ts';
import type { DeliveryParts } from './delivery-parts.ts';
import type { PendingEvent } from './pending-events.ts';
import { withWarning } from './with-warning.ts';

const maxUnderWay = 100;
const maxAttempts = 3;
const withoutLookUp = withWarning('its cost was not asked for');

/** Looks up what delivered calls cost, if somebody wants to know and the answer to their batch does not say. */
export class CostLookUps {
  readonly #parts: Pick<DeliveryParts, 'settings' | 'client' | 'pending'>;
  readonly #waiting: PendingEvent[] = [];
  #underWay = 0;

  constructor(parts: Pick<DeliveryParts, 'settings' | 'client' | 'pending'>) {
    this.#parts = parts;
  }

  /**
   * Concludes a delivered event, after a look-up if need be.
   *
   * @param answer - Pay-i's answer for this event, where the endpoint gives one.
   */
  conclude(event: PendingEvent, answer: unknown): void {
    const { settings, pending } = this.#parts;
    if (answer !== undefined) pending.conclude(event, withResult(answer));
    else if (settings.results === 'never' || event.call?.isAwaited() !== true) pending.conclude(event);
    else if (this.#waiting.length >= settings.maxQueuedEvents) pending.conclude(event, withoutLookUp);
    else {
      this.#waiting.push(event);
      this.#start();
    }
  }

  /** Concludes the events that wait for a look-up. Look-ups that are under way go on. */
  stop(): void {
    for (const event of this.#waiting.splice(0)) this.#parts.pending.conclude(event, withoutLookUp);
  }

  #start(): void {
    if (this.#underWay >= maxUnderWay) return;
    const event = this.#waiting.shift();
    if (event === undefined) return;
    this.#underWay += 1;
    void this.#lookUp(event)
      .catch(() => undefined)
      .then((result) => {
        this.#underWay -= 1;
        this.#parts.pending.conclude(event, withResult(result));
        this.#start();
      });
  }

  async #lookUp({ category, id }: PendingEvent): Promise<unknown> {
    for (let attempts = 1; ; attempts += 1) {
      const result = await this.#parts.client.lookUp(category, id);
      if (result.kind === 'accepted') return result.answer;
      if (result.kind === 'rejected' || attempts === maxAttempts) return undefined;
      const delayMs = retryDelay(attempts, result.retryAfterMs, this.#parts.settings);
      await new Promise<void>((resolve) => later(delayMs, resolve));
    }
  }
}
