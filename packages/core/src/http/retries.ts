import type { Observation } from '../call/observation.ts';
import type { Context } from '../context/context-storage.ts';
import { later } from '../runtime.ts';
import type { WebSignal } from '../web.ts';

/** What two attempts of one call have in common, and in what they differ. */
export interface AttemptIdentity {
  readonly method: string;
  /** As the provider SDK addressed it. */
  readonly url: string;
  /** Text that is the same, or the same object. */
  readonly body: unknown;
  /** The annotation headers that the caller gave. */
  readonly signature: string;
  /** The context of the caller: all attempts of a call are made in the same. */
  readonly context: Context | undefined;
  /** What `x-stainless-retry-count` says; `undefined` when the SDK does not count. */
  readonly retryCount: number | undefined;
  readonly signal: WebSignal | undefined;
}

interface Waiting {
  readonly identity: AttemptIdentity;
  readonly observation: Observation;
  /** After a refused token an SDK may get a new one and try again without counting. */
  readonly mayRepeatCount: boolean;
  stop(): void;
}

/**
 * Puts the attempts of one call together. The provider SDKs retry by calling `fetch` again, with a new request that
 * shares no object with the one before; but they count, and everything else of the request is the same text.
 *
 * Two calls that agree in all of this and wait at the same time cannot be told apart, and need not be: they ask the same
 * for the same annotations.
 */
export class Retries {
  readonly #waiting = new Set<Waiting>();

  /** Whether any call waits for another attempt. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The call that this attempt continues; the one that waits longest. */
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
   * Keeps a failed call open, because another attempt may follow.
   *
   * @param settle - Runs once, if none does: when the time is over, when the caller aborts, when the process exits.
   */
  expect(
    identity: AttemptIdentity,
    observation: Observation,
    { waitMs, mayRepeatCount = false }: { waitMs: number; mayRepeatCount?: boolean },
    settle: () => void,
  ): void {
    const state = { isOpen: true };
    const { signal } = identity;
    const giveUp = (): void => {
      if (!state.isOpen) return;
      stop();
      this.#waiting.delete(waiting);
      settle();
    };
    const takeBack = later(waitMs, giveUp);
    const stop = (): void => {
      state.isOpen = false;
      takeBack();
      signal?.removeEventListener('abort', giveUp);
    };
    if (signal?.aborted === false) signal.addEventListener('abort', giveUp, { once: true });
    const waiting: Waiting = { identity, observation, mayRepeatCount, stop };
    this.#waiting.add(waiting);
    settleAtExit(observation, waiting, state, settle);
  }
}

/** A function of its own: what is made beside `waiting` would hold it. */
function settleAtExit(
  observation: Observation,
  waiting: Waiting,
  state: { readonly isOpen: boolean },
  settle: () => void,
): void {
  observation.settleWhenGone(waiting, () => {
    if (state.isOpen) settle();
  });
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
