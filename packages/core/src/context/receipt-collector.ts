import type { Receipt } from '../call/receipt.ts';

/** A call as a collector sees it. */
export interface CollectedCall {
  /** How often the call was sent. */
  readonly attempts: number;
  readonly isFinal: boolean;
  /** `undefined` until the call has ended. */
  receipt(): Receipt | undefined;
  whenFinal(resolve: (receipt: Receipt) => void): void;
}

/** What one `collectReceipts()` has seen. */
export interface Collector {
  readonly outer: Collector | undefined;
  /** `undefined` once the function has ended. */
  calls: CollectedCall[] | undefined;
}

/** The part of `AsyncLocalStorage` that is used here. */
export interface CollectorStorage {
  getStore(): Collector | undefined;
  run<Result>(collector: Collector, fn: () => Result): Result;
}

/** One storage for every copy of this package, as for contexts. */
const storageKey: unique symbol = Symbol.for('@payi/core.receiptCollectors') as never;

const holder = globalThis as { [storageKey]?: CollectorStorage };

export function collectorStorage(create: () => CollectorStorage): CollectorStorage {
  holder[storageKey] ??= create();
  return holder[storageKey];
}

/** Adds a call that begins now to every `collectReceipts()` around it. */
export function collect(call: CollectedCall): void {
  let collector = holder[storageKey]?.getStore();
  for (; collector !== undefined; collector = collector.outer) collector.calls?.push(call);
}
