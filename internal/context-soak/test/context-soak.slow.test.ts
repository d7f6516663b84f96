import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSeed } from '../../testing/test-seed.ts';
import { steps } from './random-task.ts';
import { clientCount, Soak } from './run-task.ts';

describe('annotations in contexts', () => {
  it('are those of the rules, for any nesting', async () => {
    await fc.assert(
      fc.asyncProperty(steps(clientCount), async (task) => {
        const soak = new Soak();
        await soak.runTask(task);
        expect(soak.faults).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('are never on the wrong call in 10,000 interleaved tasks', async () => {
    const seed = testSeed();
    const soak = new Soak();
    const tasks = fc.sample(steps(clientCount), { numRuns: 10_000, seed });
    await Promise.all(tasks.map((task) => soak.runTask(task)));
    const { calls, mostTasksAtOnce, instances } = soak.figures;
    expect(soak.faults.slice(0, 3), `${soak.faults.length} faults`).toEqual([]);
    expect(mostTasksAtOnce).toBe(10_000);
    expect(calls).toBeGreaterThan(10_000);
    expect(instances).toBeGreaterThan(500);
  }, 300_000);
});
