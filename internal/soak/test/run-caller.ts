import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CallerTask } from './caller-task.ts';

const script = fileURLToPath(new URL('caller.ts', import.meta.url));

/** What a process said. */
export interface CallerReport {
  /** How the calls ended that must be on disk, by their numbers. */
  readonly ended: ReadonlyMap<number, 'complete' | 'failed'>;
  readonly faults: readonly string[];
  /** How far its heap grew in the second half of its calls, in bytes. */
  readonly heapGrowth: number | undefined;
  readonly errors: string;
}

/** @param killAfter - Kills the process when so many calls have ended. */
export async function runCaller(
  task: CallerTask,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<CallerReport> {
  const ended = new Map<number, 'complete' | 'failed'>();
  const faults: string[] = [];
  let heapGrowth: number | undefined;
  const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', script, JSON.stringify(task)]);
  const errors = text(child.stderr);
  createInterface(child.stdout).on('line', (line) => {
    const [first, second] = line.split(' ');
    if (first === 'heap') heapGrowth = Number(second);
    else if (first === 'fault') faults.push(line);
    else ended.set(Number(first), second as 'complete' | 'failed');
    if (ended.size >= killAfter) child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  // An SDK does not say that it gives up, so a failed call waits for a retry for a while, and is not on disk before that.
  if (code === null) for (const [call, ending] of ended) if (ending === 'failed') ended.delete(call);
  const expected = task.ending === 'kill' ? null : 0;
  if (code !== expected) faults.push(`${task.ending}: ended with ${code}: ${(await errors).slice(-500)}`);
  return { ended, faults, heapGrowth, errors: await errors };
}
