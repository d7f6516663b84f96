interface Timers {
  setTimeout(run: () => void, delayMs: number): { unref?(): void } | number;
  clearTimeout(timer: unknown): void;
}

const timers = globalThis as unknown as Timers;

/**
 * Runs a function later.
 *
 * @param keepsAlive - Whether the process has to wait for it.
 * @returns Takes it back.
 */
export function after(delayMs: number, run: () => void, keepsAlive = false): () => void {
  const timer = timers.setTimeout(run, delayMs);
  if (!keepsAlive && typeof timer === 'object') timer.unref?.();
  return () => timers.clearTimeout(timer);
}
