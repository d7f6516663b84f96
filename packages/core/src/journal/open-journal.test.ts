import fs, {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { directory, open, openHere, recoverAll } from '../../test/journal-folder.ts';
import type { StoredEvent } from '../settings/store.ts';
import { ndjsonFile } from './ndjson-file.ts';
import { openJournal } from './open-journal.ts';
import { me } from './owner.ts';

/** A process of this host whose id is larger than any of Linux. */
const nobody = me.replace(/\d+\.\d+$/, '99999999.1');

function event(id: string, acceptedAt = 1): StoredEvent {
  return { id, acceptedAt, json: JSON.stringify({ category: 'ü', units: {}, provider_response_id: id }) };
}

const files = (): string[] => readdirSync(directory);

/** Makes the only file look like one of a process that was killed. */
function kill(): string {
  const [name = ''] = files();
  const dead = join(directory, `${nobody}.x.journal`);
  renameSync(join(directory, name), dead);
  return dead;
}

function recover(report: (message: string) => void = () => {}): readonly StoredEvent[] {
  return recoverAll(openHere(), report);
}

describe('openJournal()', () => {
  it('gives back what a process left behind, oldest first, and takes its file over', () => {
    const store = openHere();
    store.append([event('b', 2), event('a', 1), event('c', 3)]);
    store.sending(['a']);
    store.settled(['a']);
    kill();
    expect(recover()).toEqual([event('b', 2), event('c', 3)]);
    expect(files()).toHaveLength(1);
    expect(files()[0]).toContain(`${me}.`);
    kill();
    expect(recover()).toEqual([event('b', 2), event('c', 3)]);
  });

  it('gives back a few events at once, with pauses while it reads', () => {
    const events = Array.from({ length: 250 }, (_, index) => event(`e${index}`));
    const store = openHere();
    store.append(Array.from({ length: 1000 }, (_, index) => event(`done${index}`)));
    store.append(events);
    store.settled(Array.from({ length: 1000 }, (_, index) => `done${index}`));
    kill();
    const next = openHere();
    const report = (): void => {};
    const steps = Array.from({ length: 8 }, () => next.recover(report));
    expect(steps.map((step) => step?.length)).toEqual([0, 0, 100, 100, 50, undefined, undefined, undefined]);
    expect(steps.flatMap((step) => step ?? [])).toEqual(events);
    expect(files()).toHaveLength(1);
  });

  it('gives back what came in between, when it is asked again', () => {
    const store = openHere();
    const report = (): void => {};
    expect(store.recover(report)).toBeUndefined();
    store.append([event('queued')]);
    store.overflow([event('a')]);
    store.overflow([event('b'), event('c')]);
    expect(store.recover(report)).toEqual([event('a'), event('b'), event('c')]);
    store.overflow([event('d')]);
    expect(store.recover(report)).toBeUndefined();
    expect(store.recover(report)).toEqual([event('d')]);
    expect(store.recover(report)).toBeUndefined();
  });

  it('leaves the rest to others when it is closed before everything is taken', () => {
    const events = Array.from({ length: 250 }, (_, index) => event(`e${index}`));
    openHere().append(events);
    kill();
    const store = openHere();
    expect(store.recover(() => {})).toHaveLength(100);
    store.settled(events.slice(0, 100).map(({ id }) => id));
    store.close();
    expect(recover()).toEqual(events.slice(100));
  });

  it('is for one Payi at a time', () => {
    const store = openHere();
    store.recover(() => {});
    expect(() => store.recover(() => {})).toThrow('call openJournal() for each');
    store.close();
    expect(recoverAll(store)).toEqual([]);
  });

  it('marks what was being sent as a possible duplicate', () => {
    const store = openHere();
    store.append([event('a'), event('b')]);
    store.sending(['b']);
    kill();
    expect(recover().map(({ json }) => JSON.parse(json).properties)).toEqual([
      undefined,
      { 'system.possible_duplicate': 'true' },
    ]);
  });

  it('goes on in a new file when another process has taken the old one', () => {
    const store = openHere();
    store.append([event('a')]);
    kill();
    expect(recover()).toHaveLength(1);
    store.append([event('b')]);
    const texts = files().map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(texts.filter((text) => text.includes('"b"'))).toHaveLength(1);
  });

  it.each([1, 5, 30])('skips a tail that lacks %i bytes, with a report', (missing) => {
    openHere().append([event('a'), event('b')]);
    const path = kill();
    truncateSync(path, readFileSync(path).length - missing);
    const reports: string[] = [];
    const isWhole = missing === 1; // Only the end of the line is missing.
    expect(recover((message) => reports.push(message)).map(({ id }) => id)).toEqual(
      isWhole ? ['a', 'b'] : ['a'],
    );
    expect(reports).toHaveLength(isWhole ? 0 : 1);
  });

  it('skips damaged lines in the middle and lines of something else', () => {
    openHere().append([event('a'), event('b'), event('c')]);
    const path = kill();
    const bytes = readFileSync(path);
    bytes.writeUInt8(0xff, bytes.indexOf('"b"') + 1);
    writeFileSync(path, bytes);
    appendFileSync(path, 'hello\n\n\0\0\0\0');
    writeFileSync(join(directory, 'notes.txt'), 'not ours');
    const reports: string[] = [];
    expect(recover((message) => reports.push(message)).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(reports).toEqual([expect.stringContaining('3 damaged line(s)')]);
    expect(files()).toContain('notes.txt');
  });

  it('leaves alone what another copy of this package writes in the same process', async () => {
    openHere().append([event('a')]);
    vi.resetModules();
    const { openJournal: openCopy } = await import('./open-journal.ts');
    expect(openCopy).not.toBe(openJournal);
    const copy = openCopy(directory);
    open.push(copy);
    expect(recoverAll(copy)).toEqual([]);
  });

  it('leaves alone what it writes itself, whatever the folder is called', () => {
    openHere().append([event('a')]);
    const again = openJournal(relative(process.cwd(), directory));
    open.push(again);
    expect(recoverAll(again)).toEqual([]);
  });

  it('keeps line separators, which JSON writes as they are', () => {
    const json = JSON.stringify({ properties: { text: 'a\u2028b\u2029c' }, provider_response_id: 'a' });
    const store = openHere();
    store.append([{ id: 'a', acceptedAt: 1, json }]);
    kill();
    expect(recover()).toEqual([{ id: 'a', acceptedAt: 1, json }]);
  });

  it('starts a new file when one is large, and takes along what is still needed', () => {
    const store = openHere({ maxFileBytes: 1000 });
    store.append([event('keep')]);
    for (let index = 0; index < 100; index += 1) {
      store.append([event(`e${index}`)]);
      store.settled([`e${index}`]);
    }
    expect(files()).toHaveLength(1);
    expect(readFileSync(join(directory, files()[0] as string)).length).toBeLessThan(1300);
    kill();
    expect(recover()).toEqual([event('keep')]);
  });

  it('stays with its file while the disk has no room for a new one', () => {
    const store = openHere({ maxFileBytes: 200 });
    const ids = ['a', 'b', 'c'];
    store.append(ids.map((id) => event(id)));
    const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw new Error('no space left on device');
    });
    syncBuiltinESMExports();
    try {
      expect(() => store.append([event('d')])).toThrow('no space');
    } finally {
      write.mockRestore();
      syncBuiltinESMExports();
    }
    expect(files()).toHaveLength(1);
    store.settled(ids);
    kill();
    expect(recover()).toEqual([]);
  });

  it('leaves no file when it is closed and nothing is left', () => {
    const store = openHere({ fsync: 'always' });
    store.append([event('a')]);
    store.settled(['a']);
    store.close();
    expect(files()).toEqual([]);
  });

  it('keeps the file when it is closed and something is left, for the next that opens it', () => {
    const store = openHere();
    store.append([event('a')]);
    store.close();
    expect(recover()).toEqual([event('a')]);
  });
});

describe('ndjsonFile()', () => {
  it('appends one line per event', () => {
    const path = join(directory, 'events.ndjson');
    const write = ndjsonFile(path);
    write(['{"a":1}', '{"b":2}']);
    write([]);
    write(['{"c":3}']);
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"b":2}\n{"c":3}\n');
  });
});
