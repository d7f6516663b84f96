import { type WebAbortController, type WebSignal, web } from '../web.ts';

/** Who is told of an abort once the answer has begun. */
export interface Interruptible {
  interrupt(reason: unknown): void;
}

/**
 * A signal for the connection in the place of the provider SDK's own. Until the answer begins an abort goes through; from
 * then on it goes to the one who passes the answer on, who closes the connection when nothing more is to be read from it.
 *
 * The SDKs abort their request whenever a reader leaves, which would cut off the counts that come last.
 */
export class SignalShield {
  readonly #controller: WebAbortController = new web.AbortController();
  readonly #signal: WebSignal;
  /** Weak, because a signal of the application may live as long as the process. */
  #receiver: WeakRef<Interruptible> | undefined;
  #isHandedOver = false;

  constructor(signal: WebSignal) {
    this.#signal = signal;
    if (signal.aborted) this.#controller.abort(signal.reason);
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** For `fetch`. */
  get signal(): WebSignal {
    return this.#controller.signal;
  }

  /** The answer has begun: from now on aborts go to `receiver`, which is held weakly. */
  handOver(receiver: Interruptible): void {
    this.#isHandedOver = true;
    this.#receiver = new WeakRef(receiver);
  }

  /** Closes the connection. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#controller.abort();
  }

  readonly #onAbort = (): void => {
    if (this.#isHandedOver) this.#receiver?.deref()?.interrupt(this.#signal.reason);
    else this.#controller.abort(this.#signal.reason);
  };
}
