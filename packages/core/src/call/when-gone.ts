import { onExit } from '../runtime.ts';

interface Watch {
  readonly onGone: () => void;
}

/** What is being watched. Held here, not by the objects, so that `onGone` can run when they are no more. */
const watches = new Set<Watch>();
let isListening = false;

const collected =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<Watch>((watch) => {
        if (watches.delete(watch)) watch.onGone();
      })
    : undefined;

/**
 * Calls back once, when nobody holds an object any more or when the process exits.
 *
 * @param onGone - Must not hold the object and must not throw.
 * @returns Stops watching.
 */
export function whenGone(object: object, onGone: () => void): () => void {
  const watch: Watch = { onGone };
  watches.add(watch);
  collected?.register(object, watch, watch);
  if (!isListening) {
    isListening = true;
    onExit(() => {
      for (const { onGone: call } of [...watches]) call();
      watches.clear();
    });
  }
  return () => {
    watches.delete(watch);
    collected?.unregister(watch);
  };
}
