import type { Observation } from '../call/observation.ts';
import type { Context } from '../context/context-storage.ts';
import { later } from '../runtime.ts';
import type { WebSignal } from '../web.ts';

/** The facts by which attempts of one call are recognized. */
export interface AttemptIdentity {
  readonly method: string;
  /** As the provider SDK addressed the request. */
  readonly url: string;
  /** Equal text, or the same object. */
  readonly body: unknown;
  /** The annotations of the call, as JSON. */
  readonly signature: string;
  /** The context of the caller, which all attempts of a call share. */
  readonly context: Context | undefined;
  /** The value of `x-stainless-retry-count`; `undefined` when the SDK does not count. */
  readonly retryCount: number | undefined;
  readonly signal: WebSignal | undefined;
}

interface Waiting {
  readonly identity: AttemptIdentity;
  readonly observation: Observation;
  /** After a refused token an SDK may get a new token and retry without counting. */
  readonly mayRepeatCount: boolean;
  stop(): void;
}

/**
 * Joins the attempts of one call. The provider SDKs retry by calling `fetch` again, with a new request that shares no
 * object with the previous request; but they count the retries, and the rest of the request is the same text.
 *
 * Two calls that agree in all of this and wait at the same time cannot be distinguished, and need not be: they ask the
 * same question with the same annotations.
 */
export class Retries {
  readonly #waiting = new Set<Waiting>();

  /** Whether no call waits for a retry. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The call that this attempt continues. If several match, the one that has waited longest. */
  resume(identity: AttemptIdentity): Observation | undefined {
    for (const waiting of this.#waiting) {
      if (continues(waiting, identity)) {
        this.#waiting.delete(waiting);
        waiting.stop();
        return waiting.observation;
      }
    }
    return undefined;
  }

  /**
   * Keeps a failed call open, because a retry may follow.
   *
   * @param settle - Runs once if no retry follows: when the time is over, the caller aborts, or the process exits.
   */
  expect(
    identity: AttemptIdentity,
    observation: Observation,
    { waitMs, mayRepeatCount = false }: { waitMs: number; mayRepeatCount?: boolean },
    settle: () => void,
  ): void {
    const { signal } = identity;
    const giveUp = (): void => {
      if (!this.#waiting.delete(waiting)) return;
      waiting.stop();
      settle();
    };
    const takeBack = later(waitMs, giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    const waiting: Waiting = {
      identity,
      observation,
      mayRepeatCount,
      stop() {
        takeBack();
        signal?.removeEventListener('abort', giveUp);
      },
    };
    this.#waiting.add(waiting);
    observation.expectRetry(giveUp);
    // For the exit of the process alone: the timer keeps `waiting` from being collected.
    observation.settleWhenGone(waiting, giveUp);
  }
}

function continues({ identity: before, mayRepeatCount }: Waiting, after: AttemptIdentity): boolean {
  if (before.retryCount === undefined || after.retryCount === undefined) return false;
  const step = after.retryCount - before.retryCount;
  return (
    (step === 1 || (step === 0 && mayRepeatCount)) &&
    before.method === after.method &&
    before.url === after.url &&
    before.signature === after.signature &&
    before.context === after.context &&
    before.body === after.body
  );
}
