import { type WebAbortController, type WebSignal, web } from '../web.ts';

/** Gets the aborts that a detached {@link ConnectionSignal} keeps from its connection. */
export interface AbortReceiver {
  abort(reason: unknown): void;
}

/**
 * A signal for the connection in place of the provider SDK's own, which it follows until it is detached.
 *
 * The SDKs abort their request when a reader leaves, which would cut off the counts that come last.
 */
export class ConnectionSignal {
  readonly #controller: WebAbortController = new web.AbortController();
  readonly #original: WebSignal;
  /** Weak, because a signal of the application may live as long as the process. */
  #receiver: Pick<WeakRef<AbortReceiver>, 'deref'> | undefined;

  constructor(original: WebSignal) {
    this.#original = original;
    if (original.aborted) this.#controller.abort(original.reason);
    else original.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** For `fetch`. */
  get signal(): WebSignal {
    return this.#controller.signal;
  }

  /** The answer has begun: from now on aborts go to `receiver`, which is held weakly, and not to the connection. */
  detach(receiver: AbortReceiver): void {
    // Cloudflare Workers with a compatibility date before 2025-05-05 have no `WeakRef`.
    this.#receiver = typeof WeakRef === 'function' ? new WeakRef(receiver) : { deref: () => receiver };
  }

  /** Passes aborts to the connection again, including one that came while it was detached. */
  attach(): void {
    this.#receiver = undefined;
    if (this.#original.aborted) this.#onAbort();
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#original;
    if (this.#receiver === undefined) this.#controller.abort(reason);
    else this.#receiver.deref()?.abort(reason);
  };
}
