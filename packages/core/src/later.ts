interface Timers {
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

const timers = globalThis as unknown as Timers;

/**
 * Runs a function later.
 *
 * @param delayMs - `Infinity` for never.
 * @param keepsAlive - Whether the process has to wait for it. Otherwise, if it ends before, the function does not run.
 * @returns Takes it back.
 */
export function later(delayMs: number, run: () => void, keepsAlive = false): () => void {
  if (!Number.isFinite(delayMs)) return () => {};
  const timer = timers.setTimeout(run, delayMs);
  if (!keepsAlive) (timer as { unref?(): void } | undefined)?.unref?.();
  return () => timers.clearTimeout(timer);
}
