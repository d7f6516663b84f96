interface Timers {
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

const timers = globalThis as unknown as Timers;

/** Of `setTimeout`, which takes more for nothing at all. */
const longestDelayMs = 2_147_483_647;

/**
 * Runs a function later.
 *
 * @param delayMs - `Infinity` for never; a process that has to wait for it waits.
 * @param keepsAlive - Whether the process has to wait for it. Otherwise, if it ends before, the function does not run.
 * @returns Takes it back.
 */
export function later(delayMs: number, run: () => void, keepsAlive = false): () => void {
  if (!Number.isFinite(delayMs) && !keepsAlive) return () => {};
  const timer = timers.setTimeout(run, Math.min(delayMs, longestDelayMs));
  if (!keepsAlive) (timer as { unref?(): void } | undefined)?.unref?.();
  return () => timers.clearTimeout(timer);
}
