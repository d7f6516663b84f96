const stepMs = 20;

/**
 * Runs something after a time that is counted in short steps. Where a single timer would be due, the process may have
 * stood still meanwhile, as it does on a busy machine, and what is waited for had no chance to happen: that costs one
 * step here.
 *
 * @returns Takes it back.
 */
export function afterSteps(delayMs: number, run: () => void): () => void {
  let left = Math.ceil(delayMs / stepMs);
  const step = (): void => {
    left -= 1;
    if (left <= 0) run();
    else timer = setTimeout(step, stepMs);
  };
  let timer = setTimeout(step, stepMs);
  return () => clearTimeout(timer);
}

/** Waits until something is so, or for as long as {@link afterSteps} does. */
export async function untilSo(isSo: () => boolean, patienceMs: number): Promise<void> {
  let isOver = false;
  const stop = afterSteps(patienceMs, () => {
    isOver = true;
  });
  while (!isSo() && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  stop();
}
