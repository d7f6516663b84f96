import type { Annotations } from '../annotations/annotations.ts';

/** What one `track()` puts around the calls inside it. Never changed. */
export interface Context {
  /** Merged with all that is around it. `null` where it was cleared, so that no default shows through. */
  readonly annotations: Annotations;
  /** Fields cleared by this context or by one around it, whether or not they were given again since. */
  readonly cleared: ReadonlySet<keyof Annotations>;
}

/** The part of `AsyncLocalStorage` that is used here. */
export interface ContextStorage {
  getStore(): Context | undefined;
  run<Result>(context: Context, fn: () => Result): Result;
}

/**
 * Where the one storage of the process is kept, for every copy of this package: the ESM and the CJS one, and those of
 * other versions. Hence neither the name nor the shape of {@link Context} may change.
 */
const storageKey: unique symbol = Symbol.for('@payi/core.context') as never;

const holder = globalThis as { [storageKey]?: ContextStorage };

/**
 * The context that the code runs in.
 *
 * The root entry reads it through a property of `globalThis`, so that it loads where there is no `AsyncLocalStorage`.
 * In a process that never calls `track()` this one look-up is all that contexts cost.
 */
export function currentContext(): Context | undefined {
  return holder[storageKey]?.getStore();
}

/** The storage of the process. Made by whichever copy needs it first, and shared from then on. */
export function contextStorage(create: () => ContextStorage): ContextStorage {
  const present = holder[storageKey];
  if (present !== undefined) return present;
  const storage = create();
  Object.defineProperty(globalThis, storageKey, { value: storage });
  return storage;
}
