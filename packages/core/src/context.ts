/**
 * Annotations that follow the flow of a program. Needs `AsyncLocalStorage`: Node, Bun, Deno, and Workers with the flag
 * `nodejs_compat`.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Annotations } from './annotations/annotations.ts';
import { bindGenerator, isGeneratorLike } from './context/bind-generator.ts';
import { type CollectedReceipts, collectIn } from './context/collect-receipts.ts';
import { type ContextStorage, contextStorage, currentContext } from './context/context-storage.ts';
import { type ModelMiddleware, modelMiddleware } from './context/model-middleware.ts';
import { nestContext } from './context/nest-context.ts';
import { collectorStorage } from './context/receipt-collector.ts';

export type { CollectedReceipts, ReceiptTotals } from './context/collect-receipts.ts';
export type { ModelMiddleware } from './context/model-middleware.ts';

/**
 * Runs a function so that every GenAI call made inside it, by any adapter, carries these annotations: also after an
 * `await`, in timers and callbacks, and in concurrent tasks, which never see each other's.
 *
 * A call belongs to the context in which it was sent, wherever its answer or its stream is read. Contexts nest:
 * `undefined` inherits, `null` or an empty value clears, `limitIds` and `requestTags` are united with the outer ones
 * first, the two property bags are merged with the inner members winning, anything else is replaced. Another use case
 * inherits no id, version, step or properties; naming one makes a `useCaseId`, unless one is given or the context around
 * is of the same use case.
 *
 * @param annotations - Plain data, see {@link Annotations}. Copied.
 * @param fn - Called once, at once, without arguments. A generator function works too: its body runs in the context,
 *   whoever reads it.
 * @returns What `fn` returned: the same value, the same promise. A generator comes back as one that inherits from it.
 * @throws `InvalidAnnotationError` a field is unknown or has the wrong type. `fn` was not called then. Any text is taken:
 *   on the routes whose headers cannot carry it, `invalidAnnotations` of `createPayi()` decides when a call is made.
 */
export function track<Result>(annotations: Annotations, fn: () => Result): Result {
  const storage = contextStorage(createStorage);
  const context = nestContext(storage.getStore(), annotations);
  const result = storage.run(context, fn);
  if (!isGeneratorLike(result)) return result;
  return bindGenerator(result, (piece) => storage.run(context, piece));
}

/**
 * The annotations of the context that the code runs in, without the defaults of any `createPayi()`.
 *
 * Plain data that survives `structuredClone` and JSON. Given to {@link track} elsewhere, for example in a worker, it
 * continues the context there, with the same use case instance.
 *
 * @returns Frozen at every level; `null` for fields that were cleared, so that they stay cleared. `undefined` outside
 *   of every `track()`.
 */
export function getContext(): Annotations | undefined {
  return currentContext()?.annotations;
}

/**
 * Runs a function and collects the receipts of all GenAI calls that begin inside it, by any adapter and any framework:
 * what an agent run cost.
 *
 * Calls belong to every `collectReceipts()` around them, so an outer one includes what an inner one has, once. Read streams
 * inside of `fn`: a call that has not ended when `fn` does is counted in `totals.open` and has no receipt.
 *
 * @param fn - Called once, at once, without arguments.
 * @returns Resolves when the result of `fn` is there and the receipts are final: at once on routes `proxy` and `headers`;
 *   on route `direct` when Pay-i has answered, or delivery has given up. Rejects only with what `fn` throws; then
 *   `receiptOf(error)` has the receipt of the call that failed.
 * @example
 * ```ts
 * const { result, receipts, totals } = await collectReceipts(() => agent.run('Which flights are late?'));
 * console.log(totals.calls, totals.units.text?.input, totals.cost.known.usd);
 * ```
 */
export function collectReceipts<Result>(
  fn: () => Result | PromiseLike<Result>,
): Promise<CollectedReceipts<Result>> {
  return collectIn(
    collectorStorage(() => new AsyncLocalStorage()),
    fn,
  );
}

/**
 * Middleware for models of the Vercel AI SDK: annotates a call with its `providerOptions.payi`, as {@link track} does. For
 * `wrapLanguageModel()`, `wrapEmbeddingModel()` and `wrapImageModel()`. The model needs Pay-i, too, by the `fetch` of
 * `payiClientOptions()`.
 *
 * A call whose `providerOptions.payi` is no annotation is refused with an `InvalidAnnotationError`; nothing is sent.
 *
 * @example
 * ```ts
 * const model = wrapLanguageModel({ model: openai('gpt-4o'), middleware: payiMiddleware });
 * await generateText({ model, prompt: 'Hello', providerOptions: { payi: { userId: 'u-42' } } });
 * ```
 */
export const payiMiddleware: ModelMiddleware = /* @__PURE__ */ modelMiddleware(track);

function createStorage(): ContextStorage {
  return new AsyncLocalStorage();
}
