import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { markDuplicate } from '../delivery/mark-duplicate.ts';
import type { StoredEvent } from '../settings/store.ts';
import { hasEnded, me } from './owner.ts';
import { parseRecord } from './record.ts';

/** A file with events is written to this often, so that processes that cannot see its owner know that the owner lives. */
export const beatMs = 15_000;
/** Takes a few milliseconds. */
const linesPerPause = 500;
/** After this time without a write, such a file counts as left behind. */
const abandonedAfterMs = 60_000;

/** `owner.id.journal`. The id starts with `m` if an earlier owner may still live, and send the same events. */
const fileName = /^(.+)\.([\w-]+)\.journal$/;

/** A name that no other file has. */
export function newPath(directory: string, owner: string = me, isShared = false): string {
  return join(directory, `${owner}.${isShared ? 'm' : ''}${randomUUID()}.journal`);
}

/** Whether an earlier owner may still live. */
export function isShared(path: string): boolean {
  return fileName.exec(path)?.[2]?.startsWith('m') === true;
}

/**
 * Takes over a file whose owner has ended, by renaming it: of two that try, only one can. An owner that turns out to live
 * notices with its next write that the file is gone.
 *
 * @returns Its new path. `undefined` if it is no file of a journal, is in use, or another was faster.
 * @throws when it cannot be read.
 */
export function takeOver(directory: string, name: string): string | undefined {
  const [, owner] = fileName.exec(name) ?? [];
  if (owner === undefined) return undefined;
  const isGone = hasEnded(owner);
  if (isGone === false) return undefined;
  const path = join(directory, name);
  const own = newPath(directory, me, isGone === undefined || isShared(name));
  try {
    return withFile(path, (descriptor, { mtimeMs }) => {
      if (isGone === undefined && timeIn(directory) - mtimeMs < abandonedAfterMs) return undefined;
      // Before it is renamed, so that nobody takes it for left behind under its new name.
      writeSync(descriptor, '\n');
      renameSync(path, own);
      return own;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Reads the events that are not settled. Pauses with an empty list.
 *
 * @param name - The name that the file had before it was taken over.
 */
export function* readEvents(
  path: string,
  name: string,
  report: (message: string) => void,
): Generator<readonly StoredEvent[], Iterable<StoredEvent>> {
  const live = new Map<string, StoredEvent>();
  const sending = new Set<string>();
  let damaged = 0;
  let lines = 0;
  for (const line of withFile(path, (descriptor) => readFileSync(descriptor, 'utf8')).split('\n')) {
    lines += 1;
    if (lines % linesPerPause === 0) yield [];
    if (line === '') continue;
    const record = parseRecord(line);
    if (record.kind === 'unknown') throw new Error('a newer version of @payi/core wrote it');
    if (record.kind === 'damaged') damaged += 1;
    else if (record.kind === 'event') live.set(record.event.id, record.event);
    else if (record.kind === 'sending') for (const id of record.ids) sending.add(id);
    else for (const id of record.ids) live.delete(id);
  }
  if (damaged > 0) report(`the journal ${name} has ${damaged} damaged line(s), which were skipped`);
  const isMarked = isShared(path);
  for (const [id, event] of live) {
    if (isMarked || sending.has(id)) live.set(id, { ...event, json: markDuplicate(event.json) });
  }
  return live.values();
}

/** Whether users that this process has no reason to trust can move or remove files of a folder. Never on Windows. */
export function isOpenToOthers(directory: string): boolean {
  const { mode, uid } = statSync(directory);
  // With the sticky bit, as in /tmp, only the owner of a file can.
  return !isTrusted(uid) || (process.geteuid !== undefined && (mode & 0o1002) === 0o002);
}

/** Whoever has a key of this process, or can get it: its own user and the superuser. */
function isTrusted(uid: number): boolean {
  const own = process.geteuid?.() ?? uid;
  return uid === own || uid === 0;
}

/**
 * Opens a file to read and append. Never waits, as opening a named pipe would, and follows no link: in a shared folder
 * others may have put such things there, or events that they made up.
 */
function withFile<Result>(path: string, use: (descriptor: number, stats: Stats) => Result): Result {
  // Some devices act when they are opened.
  if (!lstatSync(path).isFile()) throw new Error('it is not a regular file');
  // Windows has neither links that anybody may make nor named pipes in folders.
  const { O_RDWR, O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const descriptor = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    // A second name may be a file of this user elsewhere, which must not be written to.
    if (!stats.isFile() || stats.nlink > 1) throw new Error('it is not a regular file');
    if (!isTrusted(stats.uid)) throw new Error('it belongs to another user');
    return use(descriptor, stats);
  } finally {
    closeSync(descriptor);
  }
}

/** The time on the clock that dates files: on a network drive, that of its server. */
function timeIn(directory: string): number {
  const path = newPath(directory);
  const descriptor = openSync(path, 'ax', 0o600);
  try {
    return fstatSync(descriptor).mtimeMs;
  } finally {
    closeSync(descriptor);
    rmSync(path, { force: true });
  }
}
