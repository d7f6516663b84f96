interface Timers {
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

const timers = globalThis as unknown as Timers;

/**
 * Runs a function later, unless the process ends before: such a timer keeps no process alive.
 *
 * @param delayMs - `Infinity` for never.
 * @returns Takes it back.
 */
export function later(delayMs: number, run: () => void): () => void {
  if (!Number.isFinite(delayMs)) return () => {};
  const timer = timers.setTimeout(run, delayMs);
  (timer as { unref?(): void } | undefined)?.unref?.();
  return () => timers.clearTimeout(timer);
}
