import { expect, vi } from 'vitest';

/** Waits until a server has written something, and then nothing more for a while. */
export async function untilQuiet(written: () => number): Promise<void> {
  let before = -1;
  let quietPolls = 0;
  await vi.waitFor(
    () => {
      quietPolls = written() > 0 && written() === before ? quietPolls + 1 : 0;
      before = written();
      expect(quietPolls).toBe(3);
    },
    { interval: 100, timeout: 30_000 },
  );
}
