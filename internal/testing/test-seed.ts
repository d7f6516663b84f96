import { randomInt } from 'node:crypto';
import { onTestFailed } from 'vitest';

/** The seed of a random test: a new one, or that of the environment. The message of a failure ends with it. */
export function testSeed(): number {
  const { SEED = randomInt(2 ** 31) } = process.env;
  const seed = Number(SEED);
  onTestFailed(({ task }) => {
    for (const error of task.result?.errors ?? [])
      error.message += `\n(to run it like this again: SEED=${seed})`;
  });
  return seed;
}
