import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** Where and when a run measured. */
export interface Machine {
  /** As in `2026-11-23`. */
  readonly date: string;
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  /** What part of the processors others used while this process did nothing, from 0 to 1. */
  readonly othersShare: number;
}

export async function describeMachine(): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? 'an unknown processor',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
    othersShare: await shareOfOthers(),
  };
}

/** @param rounds - What the figures come from, e.g. `9 to 40 rounds`. @returns A sentence. */
export function renderMachine(machine: Machine, rounds: string): string {
  const { date, node, processor, cores, memoryGigabytes, system } = machine;
  return `Measured on ${date} under Node.js ${node} on ${cores} × ${processor}, ${memoryGigabytes} GB, ${system}, in ${rounds}${whileBusy(machine)}.`;
}

/** Nobody should take the figures of a busy machine for more than they are. */
function whileBusy({ othersShare }: Machine): string {
  if (othersShare < 0.1) return '';
  const percent = Math.round(othersShare * 100);
  return `, while others used ${percent} % of the processors: times are inflated and differ by chance`;
}

async function shareOfOthers(): Promise<number> {
  const before = processorTimes();
  await wait(3000);
  const after = processorTimes();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/** Milliseconds since the start of the machine, of all processors. */
function processorTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (figures: readonly number[]): number => figures.reduce((left, right) => left + right, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) };
}
