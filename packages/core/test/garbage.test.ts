import { describe, expect, it } from 'vitest';
import { resolvePayi } from '../src/adapter.ts';
import { Observation } from '../src/calls.ts';
import { createPayi } from '../src/index.ts';

const collectYoung = (globalThis as unknown as { gc(options: { type: 'minor' }): void }).gc;
const times = 2000;

/** Bytes that stay of each run when the young objects have been collected, and the old ones have not. */
function bytesLeftPerRun(run: (index: number) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    collectYoung({ type: 'minor' });
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < times; index += 1) run(index);
    // The second one takes what the first one only moved.
    collectYoung({ type: 'minor' });
    collectYoung({ type: 'minor' });
    rounds.push((process.memoryUsage().heapUsed - before) / times);
  }
  // The first rounds compile.
  return Math.min(...rounds);
}

describe('what is over', () => {
  it('leaves nothing of a call among the old objects', () => {
    const payi = resolvePayi(createPayi({ route: 'headers' }));
    const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o-mini', annotations: {} };
    const left = bytesLeftPerRun((index) => {
      const observation = new Observation(call, payi);
      observation.attempt({ method: 'POST', url: '', headers: {}, body: undefined });
      observation.read('body', { providerResponseId: `id-${index}`, units: { text: { input: index } } });
      observation.settle('complete');
    });
    expect(left).toBeLessThan(100);
  });
});
