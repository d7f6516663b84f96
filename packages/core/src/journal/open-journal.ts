import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { later } from '../runtime.ts';
import type { Payi } from '../settings/payi.ts';
import { internalsOf, resolvePayi } from '../settings/resolved-payi.ts';
import type { Store, StoredEvent } from '../settings/store.ts';
import { nobody } from './owner.ts';
import { encodeEvent, encodeIds } from './record.ts';
import { stepsOf } from './steps-of.ts';
import { beatMs, isOpenToOthers, isShared, newPath, readEvents, takeOver } from './take-over.ts';

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

/**
 * Opens a journal in a folder, for `delivery.journal` of `createPayi()`. Each `Payi` writes to a file of its own, and takes
 * over the files of threads and processes that have ended.
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
  /** Whose journal it is: the reports of a `Payi` have a function of their own. */
  #report: ((message: string) => void) | undefined;
  #steps: Iterator<readonly StoredEvent[]> | undefined;
  /** The file of another, of which steps are left. */
  #takenPath: string | undefined;
  #overflowPath: string | undefined;
  /** Names of files that could not be read. */
  readonly #unreadable = new Set<string>();
  #cancelBeat: (() => void) | undefined;

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
    if (this.#report === undefined && isOpenToOthers(this.#directory)) {
      report("other users can move or remove files of the journal's folder: give it mode 700, and this user");
    }
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
    this.#releaseOverflow();
    for (const name of readdirSync(this.#directory).sort()) {
      if (this.#unreadable.has(name)) continue;
      let path: string | undefined;
      try {
        path = takeOver(this.#directory, name);
        if (path === undefined) continue;
        this.#takenPath = path;
        this.#cancelBeat ??= later(beatMs, this.#beat);
        // After a long pause, another may have taken what is still being sent here.
        const events = [...(yield* readEvents(path, name, report))].filter(({ id }) => !this.#live.has(id));
        for (const step of stepsOf(events)) {
          if (!existsSync(path)) break;
          // Written here before they leave the old file: a crash in between leaves events twice, which loses nothing.
          this.append(step);
          const ids = step.map(({ id }) => id);
          appendFileSync(path, encodeIds('settled', ids));
          yield step;
        }
        rmSync(path, { force: true });
      } catch (error) {
        // This file stays for a later process. The others can be read.
        this.#unreadable.add(name);
        const { code, message } = error as NodeJS.ErrnoException;
        report(`the journal ${name} could not be read: ${code ?? message}`);
        if (path !== undefined) rename(path, join(this.#directory, name));
      } finally {
        this.#takenPath = undefined;
      }
    }
  }

  overflow(events: readonly StoredEvent[]): void {
    this.#overflowPath ??= newPath(this.#directory);
    appendFileSync(this.#overflowPath, events.map(encodeEvent).join(''), { mode: 0o600 });
  }

  /** Lets the next recovery find what did not fit into memory, as it finds the files of others. */
  #releaseOverflow(): void {
    if (this.#overflowPath !== undefined) rename(this.#overflowPath, newPath(this.#directory, nobody));
    this.#overflowPath = undefined;
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
    const taken = this.#takenPath;
    this.#report = undefined;
    this.#steps?.return?.();
    this.#steps = undefined;
    this.#releaseOverflow();
    if (taken !== undefined) rename(taken, newPath(this.#directory, nobody, isShared(taken)));
    this.#cancelBeat?.();
    this.#cancelBeat = undefined;
    if (this.#file === undefined) return;
    const { path, descriptor } = this.#file;
    this.#file = undefined;
    closeSync(descriptor);
    if (this.#live.size === 0) rmSync(path, { force: true });
    else rename(path, newPath(this.#directory, nobody));
    this.#live.clear();
  }

  #write(text: string): void {
    let file = this.#file;
    if (file === undefined || file.bytes >= this.#maxFileBytes) file = this.#newFile(file);
    try {
      // A torn line must not spoil the next.
      const bytes = Buffer.from(file.isTorn ? `\n${text}` : text);
      file.isTorn = true;
      writeAll(file.descriptor, bytes);
      file.isTorn = false;
      if (this.#fsync) fdatasyncSync(file.descriptor);
      file.bytes += bytes.length;
    } finally {
      // Another process has taken the file: perhaps before this line was in it, and to send the other events.
      if (!existsSync(file.path)) {
        for (const entry of this.#live.values()) entry.isSending = true;
        this.#newFile(file);
      }
    }
  }

  /** Goes on in a new file, with the events that are not settled. */
  #newFile(old: OpenFile | undefined): OpenFile {
    const path = newPath(this.#directory);
    const file: OpenFile = { path, descriptor: openSync(path, 'ax', 0o600), bytes: 0, isTorn: false };
    if (old !== undefined) {
      try {
        this.#copyTo(file);
      } catch (error) {
        remove(file);
        if (!existsSync(old.path)) throw error;
        // The disk may be full. The old file has everything, and is replaced when it has grown by as much again.
        old.bytes = 0;
        return old;
      }
      remove(old);
    }
    this.#file = file;
    this.#cancelBeat ??= later(beatMs, this.#beat);
    return file;
  }

  readonly #beat = (): void => {
    try {
      if (this.#live.size > 0) this.#write('\n');
      for (const path of [this.#takenPath, this.#overflowPath]) {
        if (path !== undefined && existsSync(path)) appendFileSync(path, '\n');
      }
    } catch {
      // The next event tells.
    }
    this.#cancelBeat = later(beatMs, this.#beat);
  };

  /** Writes the events that are not settled. */
  #copyTo(file: OpenFile): void {
    const entries = [...this.#live.values()];
    const sending = entries.filter(({ isSending }) => isSending).map(({ event }) => event.id);
    const lines = entries.map(({ event }) => encodeEvent(event));
    if (sending.length > 0) lines.push(encodeIds('sending', sending));
    writeAll(file.descriptor, Buffer.from(lines.join('')));
    if (this.#fsync) fdatasyncSync(file.descriptor);
  }
}

/** Gives a file to others. Where that fails, another has it, or it stays until this thread has ended. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // As above.
  }
}

function remove({ path, descriptor }: OpenFile): void {
  closeSync(descriptor);
  rmSync(path, { force: true });
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
}
