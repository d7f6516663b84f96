import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { holdTimers } from '../../../../internal/testing/clock.ts';
import { directory, openHere, recoverAll } from '../../test/journal-folder.ts';
import type { StoredEvent } from '../settings/store.ts';
import { me } from './owner.ts';
import { encodeEvent } from './record.ts';

/** A process of this host whose id is larger than any of Linux. */
const ended = me.replace(/\d+\.\d+$/, '99999999.1');
/** The first process of another container on this host, with this host's name. */
const elsewhere = me.replace(/\.[^.]+\.\d+\.\d+$/, '.00000000-1.1.1');
const isLinux = process.platform === 'linux';

function event(id: string): StoredEvent {
  return { id, acceptedAt: 1, json: JSON.stringify({ category: 'c', units: {}, provider_response_id: id }) };
}

/** Writes what a process left behind. @returns Its path. */
function leave(owner: string, ...events: StoredEvent[]): string {
  const path = join(directory, `${owner}.x.journal`);
  writeFileSync(path, events.map(encodeEvent).join(''));
  return path;
}

/** Makes a file look as if nobody had written to it for longer than a living process lets pass. */
function age(path: string): void {
  const then = new Date(Date.now() - 61_000);
  utimesSync(path, then, then);
}

/** @returns Ids of the events, with `?` if they are marked as possible duplicates; and the reports. */
function recover(store = openHere()): { ids: string[]; reports: string[] } {
  const reports: string[] = [];
  const events = recoverAll(store, (message) => void reports.push(message));
  const ids = events.map(({ id, json }) =>
    json.includes('"system.possible_duplicate":"true"') ? `${id}?` : id,
  );
  return { ids, reports };
}

describe('a file of a journal', () => {
  it('is in use while its process runs, however long ago that wrote', () => {
    openHere().append([event('own')]);
    age(join(directory, readdirSync(directory)[0] as string));
    expect(recover()).toEqual({ ids: [], reports: [] });
  });

  it.runIf(isLinux)('is left behind if the id of its process was given to another', () => {
    leave(me.replace(/\d+\.\d+$/, `${process.ppid}.1`), event('a'));
    expect(recover().ids).toEqual(['a']);
  });

  it('is in use while its owner, in another container or on another host, writes to it', () => {
    const path = leave(elsewhere, event('a'));
    expect(recover()).toEqual({ ids: [], reports: [] });
    expect(readdirSync(directory)).toHaveLength(1);
    age(path);
    expect(recover().ids).toEqual(['a?']);
  });

  it('of an earlier version of this package is taken over when nobody writes to it', () => {
    const path = leave(`host.${process.pid}`, event('a'));
    expect(recover().ids).toEqual([]);
    age(path);
    expect(recover().ids).toEqual(['a?']);
  });

  it('is taken over by a journal that looked too early, when it looks again', () => {
    const store = openHere();
    const report = (): void => {};
    const path = leave(elsewhere, event('a'));
    expect(recoverAll(store, report)).toEqual([]);
    age(path);
    expect(recoverAll(store, report).map(({ id }) => id)).toEqual(['a']);
    expect(recoverAll(store, report)).toEqual([]);
  });

  it('says when it was taken over from an owner that may live, should the new one be killed', () => {
    age(leave(elsewhere, event('a')));
    const store = openHere();
    expect(recover(store).ids).toEqual(['a?']);
    // As if the process had been killed between the two steps of taking over.
    const [name = ''] = readdirSync(directory);
    writeFileSync(join(directory, `${ended}.mx.journal`), encodeEvent(event('a')));
    unlinkSync(join(directory, name));
    expect(recover().ids).toEqual(['a?']);
  });

  it('is written to while it has events, for those who cannot see its owner', () => {
    const timers = holdTimers(15_000);
    const store = openHere();
    store.append([event('a')]);
    const path = join(directory, readdirSync(directory)[0] as string);
    age(path);
    timers.pass();
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
    store.settled(['a']);
    age(path);
    timers.pass();
    expect(Date.now() - statSync(path).mtimeMs).toBeGreaterThan(60_000);
    store.append([event('b')]);
    store.close();
    expect(timers.count).toBe(0);
    expect(recover().ids).toEqual(['b']);
  });

  it('is given up by an owner that finds it taken, with nothing lost in between', () => {
    const store = openHere();
    store.append([event('a')]);
    const [name = ''] = readdirSync(directory);
    renameSync(join(directory, name), join(directory, `${ended}.taken.journal`));
    // The line goes into the file that was taken, whose new owner may have read it before.
    store.append([event('b')]);
    unlinkSync(join(directory, `${ended}.taken.journal`));
    const [own = ''] = readdirSync(directory);
    renameSync(join(directory, own), join(directory, `${ended}.x.journal`));
    expect(recover().ids).toEqual(['a?', 'b?']);
  });

  it('is anybody’s when it is closed', () => {
    const store = openHere();
    store.append([event('a'), event('b')]);
    store.sending(['b']);
    store.close();
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^closed\./)]);
    expect(recover().ids).toEqual(['a', 'b?']);
  });

  it('that has a record of a newer version stays as it is, and is reported once', () => {
    const path = leave(ended, event('a'));
    const text = 'X {"of":"tomorrow"}';
    appendFileSync(path, `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`);
    const store = openHere();
    const reports: string[] = [];
    const report = (message: string): void => void reports.push(message);
    expect(recoverAll(store, report)).toEqual([]);
    expect(recoverAll(store, report)).toEqual([]);
    const name = `${ended}.x.journal`;
    expect(reports).toEqual([
      `the journal ${name} could not be read: a newer version of @payi/core wrote it`,
    ]);
    expect(readdirSync(directory)).toEqual([name]);
    expect(readFileSync(path, 'utf8')).toContain(text);
  });
});

describe.skipIf(process.platform === 'win32')('a folder of a journal', () => {
  const planted: [string, (path: string) => unknown][] = [
    ['a directory', (path) => mkdirSync(path)],
    ['a named pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to a file', (path) => symlinkSync(leaveElsewhere(), path)],
    ['a second name of a file', (path) => linkSync(leaveElsewhere(), path)],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
    ['a socket', (path) => new Promise<void>((done) => createServer().unref().listen(path, done))],
  ];

  function leaveElsewhere(): string {
    mkdirSync(join(directory, 'elsewhere'));
    const path = join(directory, 'elsewhere', 'file');
    writeFileSync(path, encodeEvent(event('planted')));
    return path;
  }

  it.each(planted)('may hold %s with the name of a journal, which stays', async (_what, plant) => {
    leave(ended, event('a'));
    // The path of a socket has to be short.
    const name = `${ended}.a.journal`;
    const back = process.cwd();
    if (process.platform === 'linux') process.chdir(directory);
    await plant(process.platform === 'linux' ? name : join(directory, name));
    process.chdir(back);
    expect(recover()).toEqual({
      ids: ['a'],
      reports: [`the journal ${name} could not be read: it is not a regular file`],
    });
    expect(readdirSync(directory)).toContain(name);
  });

  it.runIf(process.getuid?.() === 0)('may hold files of another user, which stay', () => {
    chownSync(leave(ended, event('forged')), 12_345, 12_345);
    const reports = [`the journal ${ended}.x.journal could not be read: it belongs to another user`];
    expect(recover()).toEqual({ ids: [], reports });
  });

  it.each([
    [0o777, true],
    [0o1777, false],
    [0o770, false],
  ])('with mode %o is reported: %s', (mode, isReported) => {
    chmodSync(directory, mode);
    expect(recover().reports).toEqual(isReported ? [expect.stringContaining('mode 700')] : []);
    chmodSync(directory, 0o700);
  });
});
