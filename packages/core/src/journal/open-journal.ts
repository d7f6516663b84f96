import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { markDuplicate } from '../delivery/mark-duplicate.ts';
import type { Payi } from '../settings/payi.ts';
import { internalsOf, resolvePayi } from '../settings/resolved-payi.ts';
import type { Store, StoredEvent } from '../settings/store.ts';
import { encodeEvent, encodeIds, parseRecord } from './record.ts';

/** How safe a journal is, and how large its files grow. */
export interface JournalOptions {
  /**
   * `never`: events survive the end of the process, however it ends. If the machine itself goes down, the last seconds may
   * be lost. `always`: events survive that too, and each turn of the event loop in which calls end waits for the disk.
   *
   * @default 'never'
   */
  readonly fsync?: 'never' | 'always' | undefined;
  /**
   * A file of this size, in bytes, is replaced by a new one, which gets the events that are still needed.
   *
   * @default 8_388_608
   */
  readonly maxFileBytes?: number | undefined;
}

/** Takes a few milliseconds. */
const linesPerPause = 500;
/** What {@link Store.recover} returns at once. `bytes`: of JSON, about. */
const maxStep = { events: 100, bytes: 1_048_576 };
/** After this time without a write, a file of another host counts as abandoned. */
const foreignAfterMs = 10 * 60_000;
const key = Symbol.for('@payi/core.openJournals');
const shared = globalThis as { [key]?: Set<string> };
shared[key] ??= new Set();
/** Files in use by this process, whichever journal or copy of this package opened them: no other may claim them. */
const openPaths: Set<string> = shared[key];
const me = `${encodeURIComponent(hostname()).replaceAll('.', '%2E')}.${process.pid}`;

/**
 * Opens a journal in a folder, for `delivery.journal` of `createPayi()`. Each process writes to a file of its own. A
 * process that opens a journal takes over the files of processes that have ended.
 *
 * An event is on disk one turn of the event loop after its call has ended, before it is sent. An event that was being
 * sent when its process ended is sent again, with the same id and property `system.possible_duplicate`. A journal serves
 * one `Payi` at a time.
 *
 * @param directory - On a local disk. Created if it does not exist.
 * @throws The error of the operating system when the folder cannot be used.
 */
export function openJournal(directory: string, options: JournalOptions = {}): Store {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return new Journal(realpathSync(directory), options.fsync === 'always', options.maxFileBytes ?? 8_388_608);
}

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  bytes: number;
  /** A write began and did not end. */
  isTorn: boolean;
}

class Journal implements Store {
  readonly #directory: string;
  readonly #fsync: boolean;
  readonly #maxFileBytes: number;
  /** Events that are not settled, by id. `isSending`: they may have arrived. */
  readonly #live = new Map<string, { readonly event: StoredEvent; isSending: boolean }>();
  #file: OpenFile | undefined;
  /** Whose journal it is: each `Payi` has a function of its own. */
  #report: ((message: string) => void) | undefined;
  #steps: Iterator<readonly StoredEvent[]> | undefined;
  #overflowPath: string | undefined;

  constructor(directory: string, fsync: boolean, maxFileBytes: number) {
    this.#directory = directory;
    this.#fsync = fsync;
    this.#maxFileBytes = maxFileBytes;
  }

  open(payi: Payi): void {
    // Throws without a key: nothing could be delivered.
    internalsOf(payi).apiKey();
    resolvePayi(payi);
  }

  recover(report: (message: string) => void): readonly StoredEvent[] | undefined {
    // Two would share one file, and the first that is closed would take it from the other.
    this.#report ??= report;
    if (this.#report !== report) {
      throw new Error('this journal belongs to another Payi: call openJournal() for each');
    }
    this.#steps ??= this.#recovering(report);
    const { value } = this.#steps.next() as { value: readonly StoredEvent[] | undefined };
    if (value === undefined) this.#steps = undefined;
    return value;
  }

  *#recovering(report: (message: string) => void): Generator<readonly StoredEvent[], undefined> {
    this.#overflowPath = undefined;
    for (const name of readdirSync(this.#directory).sort()) {
      const path = this.#claim(name);
      if (path === undefined) continue;
      try {
        for (const step of stepsOf(yield* readEvents(path, name, report))) {
          // Written here before they leave the old file: a crash in between leaves events twice, which loses nothing.
          this.append(step);
          appendFileSync(path, encodeIds('settled', idsOf(step)));
          yield step;
        }
        unlinkSync(path);
      } catch (error) {
        // This file stays for a later start. The others can be read.
        report(
          `the journal ${name} could not be read: ${(error as NodeJS.ErrnoException).code ?? 'no reason given'}`,
        );
      } finally {
        openPaths.delete(path);
      }
    }
  }

  overflow(events: readonly StoredEvent[]): void {
    // In no other list: the next recovery finds it as it finds the files of others.
    this.#overflowPath ??= this.#newPath();
    appendFileSync(this.#overflowPath, events.map(encodeEvent).join(''), { mode: 0o600 });
  }

  append(events: readonly StoredEvent[]): void {
    for (const event of events) this.#live.set(event.id, { event, isSending: false });
    this.#write(events.map(encodeEvent).join(''));
  }

  sending(ids: readonly string[]): void {
    // Once is enough: from then on the event may have arrived.
    const news = ids.filter((id) => this.#live.get(id)?.isSending === false);
    for (const id of news) {
      const entry = this.#live.get(id);
      if (entry !== undefined) entry.isSending = true;
    }
    if (news.length > 0) this.#write(encodeIds('sending', news));
  }

  settled(ids: readonly string[]): void {
    for (const id of ids) this.#live.delete(id);
    this.#write(encodeIds('settled', ids));
  }

  close(): void {
    this.#report = undefined;
    this.#steps?.return?.();
    this.#steps = undefined;
    if (this.#file === undefined) return;
    const { path, descriptor } = this.#file;
    this.#file = undefined;
    closeSync(descriptor);
    if (this.#live.size === 0) unlinkSync(path);
    openPaths.delete(path);
  }

  /** Renames the file of a process that has ended: of two claimants, only one can. @returns Its new path. */
  #claim(name: string): string | undefined {
    const [, host, pid] = /^(.+)\.(\d+)\.[\w-]+\.journal$/.exec(name) ?? [];
    const path = join(this.#directory, name);
    if (host === undefined || openPaths.has(path)) return undefined;
    const own = this.#newPath();
    try {
      const isGone = me.startsWith(`${host}.`)
        ? !isAlive(Number(pid))
        : statSync(path).mtimeMs < Date.now() - foreignAfterMs;
      if (!isGone) return undefined;
      openPaths.add(own);
      renameSync(path, own);
      return own;
    } catch {
      // Another process was faster.
      openPaths.delete(own);
      return undefined;
    }
  }

  #write(text: string): void {
    const file = this.#current();
    // A torn line must not spoil the next.
    const bytes = Buffer.from(file.isTorn ? `\n${text}` : text);
    file.isTorn = true;
    writeAll(file.descriptor, bytes);
    file.isTorn = false;
    if (this.#fsync) fdatasyncSync(file.descriptor);
    file.bytes += bytes.length;
  }

  /** The file to write to. A new file, if there is none, if it is too large, or if another process has claimed it. */
  #current(): OpenFile {
    const old = this.#file;
    if (old !== undefined && old.bytes < this.#maxFileBytes && fstatSync(old.descriptor).nlink > 0)
      return old;
    const path = this.#newPath();
    openPaths.add(path);
    const file: OpenFile = { path, descriptor: openSync(path, 'ax', 0o600), bytes: 0, isTorn: false };
    if (old !== undefined) {
      try {
        this.#copyTo(file);
      } catch (error) {
        remove(file);
        if (fstatSync(old.descriptor).nlink === 0) throw error;
        // The disk may be full. The old file has everything, and is replaced when it has grown by as much again.
        old.bytes = 0;
        return old;
      }
      remove(old);
    }
    this.#file = file;
    return file;
  }

  /** Writes the events that are not settled. */
  #copyTo(file: OpenFile): void {
    const entries = [...this.#live.values()];
    const sending = entries.filter(({ isSending }) => isSending).map(({ event }) => event.id);
    const lines = entries.map(({ event }) => encodeEvent(event));
    if (sending.length > 0) lines.push(encodeIds('sending', sending));
    writeAll(file.descriptor, Buffer.from(lines.join('')));
    if (this.#fsync) fdatasyncSync(file.descriptor);
  }

  #newPath(): string {
    return join(this.#directory, `${me}.${randomUUID()}.journal`);
  }
}

/** Reads the events of a file that are not settled. Pauses with an empty list. */
function* readEvents(
  path: string,
  name: string,
  report: (message: string) => void,
): Generator<readonly StoredEvent[], Iterable<StoredEvent>> {
  const live = new Map<string, StoredEvent>();
  const sending = new Set<string>();
  let damaged = 0;
  let lines = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    lines += 1;
    if (lines % linesPerPause === 0) yield [];
    if (line === '') continue;
    const record = parseRecord(line);
    if (record === undefined) damaged += 1;
    else if (record.kind === 'event') live.set(record.event.id, record.event);
    else if (record.kind === 'sending') for (const id of record.ids) sending.add(id);
    else for (const id of record.ids) live.delete(id);
  }
  if (damaged > 0) report(`the journal ${name} has ${damaged} damaged line(s), which were skipped`);
  for (const [id, event] of live) {
    if (sending.has(id)) live.set(id, { ...event, json: markDuplicate(event.json) });
  }
  return live.values();
}

/** Events in lists that a queue takes at once. */
function* stepsOf(events: Iterable<StoredEvent>): Generator<readonly StoredEvent[]> {
  let step: StoredEvent[] = [];
  let length = 0;
  for (const event of events) {
    if (step.length >= maxStep.events || (length > 0 && length + event.json.length > maxStep.bytes)) {
      yield step;
      step = [];
      length = 0;
    }
    step.push(event);
    length += event.json.length;
  }
  if (step.length > 0) yield step;
}

function idsOf(events: readonly StoredEvent[]): string[] {
  return events.map(({ id }) => id);
}

function remove({ path, descriptor }: OpenFile): void {
  closeSync(descriptor);
  openPaths.delete(path);
  try {
    unlinkSync(path);
  } catch {
    // Another process has claimed it.
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
}

/** Whether another process with this id runs. This process knows its own files. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
