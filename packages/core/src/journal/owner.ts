import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where ids of processes mean the same, and one thread there. Names of journal files start with it. */
const { place, id, start } = thisThread();
export const me: string = `${place}.${id}.${start}`;

/** The owner of a file that was closed with events in it. */
export const nobody = 'closed';

/**
 * On Linux every thread has an id of its own, and containers with ids of their own have a namespace with a number. On other
 * systems worker threads share the id of their process.
 */
function thisThread(): { readonly place: string; readonly id: string; readonly start: string } {
  const host = encodeURIComponent(hostname()).replaceAll('.', '%2E');
  try {
    const [process = '', , thread = ''] = readlinkSync('/proc/thread-self').split('/');
    const start = startOf(thread);
    // Otherwise /proc belongs to another namespace than this process.
    if (Number(process) === globalThis.process.pid && start !== undefined) {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
      const namespace = readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
      return { place: `${host}.${boot}-${namespace}`, id: thread, start };
    }
  } catch {
    // Not Linux, or without /proc.
  }
  const { pid, platform } = process;
  // Without /proc, a container cannot be told from another on the same host.
  const place = platform === 'linux' ? randomUUID() : platform;
  return { place: `${host}.${place}`, id: String(pid), start: String(Math.round(performance.timeOrigin)) };
}

/** @returns `undefined` if that cannot be known from here. */
export function hasEnded(owner: string): boolean | undefined {
  if (owner === nobody) return true;
  if (owner === me) return false;
  const [, itsPlace, itsId, itsStart] = /^(.+)\.(\d+)\.(\d+)$/.exec(owner) ?? [];
  if (itsPlace !== place) return undefined;
  try {
    process.kill(Number(itsId), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  try {
    // The id may have been given to another process since.
    return startOf(itsId as string) !== itsStart;
  } catch {
    return undefined;
  }
}

/** When a thread of Linux was started. `undefined` if it has ended and its parent has not noticed yet. */
function startOf(thread: string): string | undefined {
  const text = readFileSync(`/proc/${thread}/stat`, 'latin1');
  // The name in brackets may contain spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return /[ZX]/.test(fields[0] ?? '') ? undefined : fields[19];
}
