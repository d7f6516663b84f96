import type { Annotations } from '../annotations/annotations.ts';

/** Where a context keeps its headers: beside the members that older copies of this package know. */
export const headersKey: unique symbol = Symbol.for('@payi/core.contextHeaders') as never;

/** What one `track()` puts around the calls inside it. Never changed. */
export interface Context {
  /** Merged with all that is around it. `null` where it was cleared, so that no default shows through. */
  readonly annotations: Annotations;
  /** Fields cleared by this context or by one around it, whether or not they were given again since. */
  readonly cleared: ReadonlySet<keyof Annotations>;
  /**
   * The annotations as headers. Absent if headers cannot carry them, and if an older copy of this package made the
   * context.
   */
  readonly [headersKey]?: Readonly<Record<string, string>> | undefined;
}

/** The part of `AsyncLocalStorage` that is used here. */
export interface ContextStorage {
  getStore(): Context | undefined;
  run<Result>(context: Context, fn: () => Result): Result;
}

/**
 * The one storage of the process is kept here, for every copy of this package: the ESM and the CJS one, and those of
 * other versions. So neither this name nor the string members of {@link Context} may change.
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

/** The storage of the process: the copy of this package that needs it first creates it for all. */
export function contextStorage(create: () => ContextStorage): ContextStorage {
  const present = holder[storageKey];
  if (present !== undefined) return present;
  const storage = create();
  Object.defineProperty(globalThis, storageKey, { value: storage });
  return storage;
}
