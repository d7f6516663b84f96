import type { Annotations } from '../annotations/annotations.ts';
import type { Receipt } from '../call/receipt.ts';

/** A call, before it is sent. Frozen. */
export interface PluginCall {
  /** Pay-i's name of the provider, e.g. `system.openai`. */
  readonly category: string;
  /** The provider's name of the operation, e.g. `InvokeModel`. */
  readonly operation: string;
  /** The model as the caller named it. */
  readonly resource: string;
  /** The annotations in force, defaults included. */
  readonly annotations: Annotations;
  /** The body of the request as the provider SDK made it: text or bytes. It is content, so keep it no longer than needed. */
  readonly body: unknown;
}

/** Takes part in every call of a `Payi`, with any adapter. See {@link PayiOptions.plugins}. */
export interface PayiPlugin {
  /** For diagnostics. */
  readonly name: string;
  /**
   * Runs once per call, before anything is sent. The call waits for it. To refuse the call, throw a
   * `CallBlockedError`: nothing is sent, the receipt's outcome is `blocked`, and `isLimitReached()` recognizes what
   * the caller gets. If it throws anything else, or takes longer than {@link PayiPlugin.timeoutMs}, you get diagnostic
   * `CALLBACK_FAILED` and the call goes on.
   */
  readonly beforeCall?: ((call: PluginCall) => void | PromiseLike<void>) | undefined;
  /**
   * Receives the receipt of each call as soon as the call, or its stream, has ended: on route `direct` before Pay-i has
   * answered for the event, so without what only Pay-i knows. Nothing waits for it. Also told of a call that `beforeCall` saw
   * and that never left, because its caller aborted it or it could not be signed: `attempts` is 0, and no other receipt follows.
   *
   * @param call - As for {@link PayiPlugin.onReceipt}.
   */
  readonly afterCall?: ((receipt: Receipt, call: PluginCall | undefined) => void) | undefined;
  /**
   * Receives the receipt of each call, when it is final. Nothing waits for it.
   *
   * @param call - What `beforeCall` got, the same object. `undefined` for a plugin without `beforeCall`.
   */
  readonly onReceipt?: ((receipt: Receipt, call: PluginCall | undefined) => void) | undefined;
  /** How long a call waits for `beforeCall`, in milliseconds. @default 1000 */
  readonly timeoutMs?: number | undefined;
}
