import { later, now, onExit } from '../runtime.ts';

interface Watch {
  /** Held for {@link sweepMs} at most. */
  object: object | undefined;
  readonly onGone: () => void;
}

/** Held here, not by the objects, so that `onGone` can still run when they are gone. */
const watches = new Set<Watch>();
/**
 * Most objects are watched for microseconds. Registering each one doubles the cost of young garbage collections (measured:
 * bench/cost, Anthropic messages), so only those that are still watched after this time are registered.
 */
const sweepMs = 700;
/** On the clock of `now()`. A time and not a flag, because a test framework with timers of its own may lose ours. */
let sweepDueMs = 0;
let isListening = false;

const registry =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<Watch>((watch) => {
        if (watches.delete(watch)) watch.onGone();
      })
    : undefined;

/**
 * Calls back once, when nothing holds an object any more or when the process exits. An object that is dropped at once is
 * noticed after 700 ms at the earliest.
 *
 * @param onGone - Must not hold the object and must not throw.
 * @returns Stops watching.
 */
export function whenGone(object: object, onGone: () => void): () => void {
  const watch: Watch = { object, onGone };
  watches.add(watch);
  if (now() >= sweepDueMs) {
    sweepDueMs = now() + sweepMs;
    later(sweepMs, sweep);
  }
  if (!isListening) {
    isListening = true;
    onExit(() => {
      for (const { onGone: call } of [...watches]) call();
      watches.clear();
    });
  }
  return () => {
    watches.delete(watch);
    if (watch.object === undefined) registry?.unregister(watch);
    watch.object = undefined;
  };
}

function sweep(): void {
  sweepDueMs = 0;
  for (const watch of watches) {
    if (watch.object === undefined) continue;
    registry?.register(watch.object, watch, watch);
    watch.object = undefined;
  }
}
