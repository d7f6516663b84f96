import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that has no promise. */
export async function until(condition: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await sleep(5);
  }
}
