import { availableParallelism } from 'node:os';
import { quantile } from '../harness/quantile.ts';
import { shuffled } from '../harness/take-turns.ts';
import type { Case } from './cases.ts';
import type { Batch } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { type Operation, operations, type Spec } from './operations.ts';

/** What one case takes per call, or per event, before anything is subtracted. */
export interface Figures {
  readonly bytes: number;
  /** By round; empty if times were not measured. */
  readonly rounds: readonly Times[];
}

/** The lower quartile of a round's batches. */
export interface Times {
  readonly microseconds: number;
  readonly cpuMicroseconds: number;
}

/** How thorough a run is. */
export interface Effort {
  /** Of the calls that an operation is warmed up with. */
  readonly warmUpShare: number;
  /** `0` measures bytes alone. */
  readonly rounds: number;
  readonly batches: number;
}

/** V8 optimizes a function at its 600th invocation in place of its 3000th: what 20,000 calls lead to, in 4000. */
const flags = ['--invocation-count-for-turbofan=600'];
/** The young generation holds more than a window allocates. */
const byteFlags = [...flags, '--min-semi-space-size=256', '--max-semi-space-size=256'];
const windows = 3;
const mostWindows = 12;

/** @returns By the name of the case. */
export async function measure(cases: readonly Case[], effort: Effort): Promise<Map<string, Figures>> {
  const bytes = await inParallel(cases, ({ spec }) => measureBytes(spec, effort));
  const rounds = effort.rounds === 0 ? cases.map(() => []) : await measureTimes(cases, effort);
  return new Map(
    cases.map(({ name }, index) => [
      name,
      { bytes: bytes[index] as number, rounds: rounds[index] as Times[] },
    ]),
  );
}

/** Bytes per call: growth of heap and external memory while nothing is collected, which does not hang on a clock. */
async function measureBytes(spec: Spec, { warmUpShare }: Effort): Promise<number> {
  const contender = new ContenderProcess(spec, byteFlags);
  const { warmUp, calls, per } = paceOf(spec, warmUpShare);
  await contender.run(warmUp);
  const figures: number[] = [];
  for (let window = 0; figures.length < windows; window += 1) {
    if (window === mostWindows) throw new Error('garbage was collected in each window');
    const { bytes, collections } = await contender.run(calls * 2);
    if (collections === 0) figures.push(bytes / per);
  }
  contender.end();
  return quantile(figures, 0.5);
}

/** All contenders are alive at the same time and take turns, so that a slow moment of the machine hits all of them. */
async function measureTimes(
  cases: readonly Case[],
  { warmUpShare, rounds, batches }: Effort,
): Promise<Times[][]> {
  const contenders = await inParallel(cases, async ({ spec }) => {
    const contender = new ContenderProcess(spec, flags);
    const { warmUp, calls, per } = paceOf(spec, warmUpShare);
    await contender.run(warmUp);
    return { contender, calls, per, times: [] as Times[], round: [] as Batch[] };
  });
  for (let round = 0; round < rounds; round += 1) {
    for (let batch = 0; batch < batches; batch += 1) {
      for (const entrant of shuffled(contenders)) {
        entrant.round.push(await entrant.contender.run(entrant.calls));
      }
    }
    for (const entrant of contenders) {
      const lower = (of: (batch: Batch) => number): number =>
        quantile(entrant.round.map(of), 0.25) / entrant.per;
      entrant.times.push({
        microseconds: lower(({ microseconds }) => microseconds),
        cpuMicroseconds: lower(({ cpuMicroseconds }) => cpuMicroseconds),
      });
      entrant.round = [];
    }
  }
  for (const { contender } of contenders) contender.end();
  return contenders.map(({ times }) => times);
}

/** How often a case is run, and what one run consists of. */
function paceOf(spec: Spec, warmUpShare: number): { warmUp: number; calls: number; per: number } {
  const { warmUp, calls, isPerEvent, events = 1 }: Operation = operations[spec.operation];
  return { warmUp: Math.ceil(warmUp * warmUpShare), calls, per: isPerEvent ? events : 1 };
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results[next[0]] = await run(next[1]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}
