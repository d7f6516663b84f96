import { vi } from 'vitest';

/** Waits until an assertion holds, patiently: a busy machine may stand still for seconds. */
export function eventually<Result>(assertion: () => Result): Promise<Result> {
  return vi.waitFor(assertion, { timeout: 30_000, interval: 10 });
}
