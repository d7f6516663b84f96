/**
 * A process that makes calls, for soak.slow.test.ts:
 *
 *     node --expose-gc caller.ts '<JSON of a CallerTask>'
 *
 * Prints a line for each call that has ended and is in the journal: its number and how it ended. Last, if it lives as long,
 * `heap` and the bytes that its heap has grown by.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import { randomNumbers } from '../../testing/random-numbers.ts';
import { type CallerTask, callsAtOnce } from './caller-task.ts';
import { planOfCall } from './plan.ts';

const task = JSON.parse(process.argv[2] ?? '') as CallerTask;
const print = (line: string): unknown => fs.writeSync(1, `${line}\n`);

if (task.ending === 'full disk') {
  const random = randomNumbers(task.seed + task.first);
  const write = fs.writeSync as (...parameters: unknown[]) => number;
  fs.writeSync = ((descriptor: number, ...rest: unknown[]) => {
    if (descriptor > 2 && random() < 0.05) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    return write(descriptor, ...rest);
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
// After that, because they look the functions up when they are loaded.
const { createClients } = await import('./clients.ts');
const { payi, call } = await createClients(task);

async function make(number: number): Promise<void> {
  const plan = planOfCall(task.seed, number);
  const ending = await call(number, plan).then(
    () => 'complete',
    () => 'failed',
  );
  // One turn of the event loop later it is on disk.
  await setTimeout(0);
  await setTimeout(0);
  print(`${number} ${ending}`);
}

let next = task.first;
const end = task.first + task.count;
let settledHeap: number | undefined;
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
async function makeInTurn(): Promise<void> {
  while (next < end) {
    const number = next;
    next += 1;
    if (number === task.first + (task.count >> 1)) settledHeap = heap();
    await make(number);
  }
}
await Promise.all(Array.from({ length: callsAtOnce }, makeInTurn));
if (task.ending === 'exit') process.exit();
const isDone = await payi.close({ timeoutMs: Number.POSITIVE_INFINITY });
if (!isDone || payi.stats().dropped > 0) print(`fault ${JSON.stringify(payi.stats())}`);
if (settledHeap !== undefined) print(`heap ${heap() - settledHeap}`);
if (task.ending === 'kill') setInterval(() => {}, 1000);
