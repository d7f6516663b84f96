import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { openJournal } from '../src/journal/open-journal.ts';
import type { Store, StoredEvent } from '../src/settings/store.ts';

/** A folder for each test. */
export let directory: string;
/** Closed after each test. */
export const open: Store[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'payi-journal-'));
});
afterEach(() => {
  for (const store of open.splice(0)) store.close();
  rmSync(directory, { recursive: true });
});

export function openHere(options?: Parameters<typeof openJournal>[1]): Store {
  const store = openJournal(directory, options);
  open.push(store);
  return store;
}

/** All that others left behind. */
export function recoverAll(store: Store, report: (message: string) => void = () => {}): StoredEvent[] {
  const events: StoredEvent[] = [];
  for (;;) {
    const step = store.recover(report);
    if (step === undefined) return events;
    events.push(...step);
  }
}
