const stepMs = 20;

/**
 * Runs a function after a time that is counted in short steps. A busy machine can suspend the process: a single timer
 * would be due afterwards, before the awaited event had a chance to happen. Here a suspension costs one step.
 *
 * @returns Cancels the timer.
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

/** Waits until a condition holds, or for as long as {@link afterSteps} does. */
export async function untilSo(isSo: () => boolean, patienceMs: number): Promise<void> {
  let isOver = false;
  const stop = afterSteps(patienceMs, () => {
    isOver = true;
  });
  while (!isSo() && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
  stop();
}
