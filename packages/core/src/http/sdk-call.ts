import type { Observation } from '../call/observation.ts';

/**
 * One call of an SDK, where the adapter sees when it begins and ends. Its attempts need not be recognized, and when it has
 * failed, no retry follows.
 */
export class SdkCall {
  /** Of all its attempts. */
  observation: Observation | undefined;
  #giveUp: (() => void) | undefined;

  /** An attempt has failed, and another one may follow. */
  expect(giveUp: () => void): void {
    this.#giveUp = giveUp;
    this.observation?.expectRetry(giveUp);
    // For the exit of the process.
    this.observation?.settleWhenGone(this, giveUp);
  }

  /** Another attempt begins. */
  resume(): Observation | undefined {
    this.#giveUp = undefined;
    return this.observation;
  }

  /** Runs the SDK's own call. */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** The SDK throws to its caller. Must not throw itself. */
  fail(error: unknown): void {
    this.#giveUp?.();
    const { attempts = 0, isSettled } = this.observation ?? {};
    // A call that was aborted before it left has no record.
    if (attempts > 0 || isSettled) this.observation?.attachTo(error);
  }
}
