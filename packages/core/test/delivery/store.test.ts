import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whenSettled } from '@payi/core';
import { resolvePayi } from '@payi/core/adapter';
import { openJournal } from '@payi/core/journal';
import { describe, expect, it } from 'vitest';
import { advanceClock } from '../../../../internal/testing/clock.ts';
import type { Store } from '../../src/settings/store.ts';
import {
  cleanups,
  hour,
  idsIn,
  leftBehind,
  settle,
  settleMany,
  start,
  startIngest,
  untilDone,
} from './start-delivery.ts';

describe('createPayi({ delivery: { journal } })', () => {
  it('delivers what an earlier process left behind, however long ago', async () => {
    const left = leftBehind(Date.now() - 48 * hour);
    const { server, payi, diagnostics } = await start({ journal: left.journal });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toEqual(['left', 'one']);
    expect(payi.stats()).toMatchObject({ sent: 2, dropped: 0 });
    expect(diagnostics).toEqual([]);
  });

  it('reports that it has given up what an earlier process left behind', async () => {
    const left = leftBehind(Date.now());
    const { payi, diagnostics } = await start(
      { journal: left.journal, maxAgeMs: hour },
      { ingestFaults: () => ({ status: 503 }) },
    );
    resolvePayi(payi);
    await expect.poll(() => payi.stats().retried).toBeGreaterThan(0);
    advanceClock(2 * hour);
    await expect.poll(() => payi.stats()).toMatchObject({ queued: 0, dropped: 1, bytes: 0 });
    expect(left.settled).toEqual(['left-key']);
    expect(diagnostics).toContainEqual({
      code: 'DELIVERY_FAILED',
      message: '1 event(s) given up: they could not be delivered in time (503 unexpected_error)',
    });
  });

  it.each(['a wrong key', 'an address without an ingest API'])(
    'keeps in the journal what %s refuses',
    async (what) => {
      const baseUrl = await startIngest(() => ({ status: 404 }));
      const { journal, settled } = leftBehind(Date.now());
      const options = what === 'a wrong key' ? { apiKey: 'wrong-key' } : { baseUrl };
      const { payi, diagnostics } = await start({ journal }, {}, options);
      const response = settle(payi, 'one');
      await expect.poll(() => diagnostics).toHaveLength(1);
      expect(await payi.close({ timeoutMs: 1 })).toBe(false);
      expect((await whenSettled(response)).warnings).toEqual(['is in the journal, not delivered yet']);
      expect(settled).toEqual([]);
      expect(payi.stats()).toMatchObject({ queued: 0, rejected: 0, dropped: 0, bytes: 0 });
    },
  );

  it('delivers what others left behind a few at a time, after new calls', async () => {
    const left = Array.from({ length: 250 }, (_, index) => `left-${index}`);
    const { directory, journal } = await startJournal(left);
    let isDown = true;
    const { server, payi } = await start(
      { journal, maxQueuedEvents: 150 },
      { ingestFaults: () => (isDown ? { status: 503 } : undefined) },
    );
    resolvePayi(payi);
    await expect.poll(() => payi.stats().queued).toBe(100);
    const ids = settleMany(payi, 50);
    await payi.flush({ timeoutMs: 1 });
    expect(payi.stats()).toMatchObject({ queued: 150, dropped: 0 });
    isDown = false;
    expect(await payi.flush(untilDone)).toBe(true);
    const arrived = idsIn(server);
    expect(arrived).toHaveLength(300);
    expect(new Set(arrived)).toEqual(new Set([...left, ...ids]));
    expect(Math.max(...ids.map((id) => arrived.indexOf(id)))).toBeLessThan(200);
    await payi.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['events', { maxQueuedEvents: 10 }],
    ['bytes', { maxQueuedBytes: 3000 }],
  ])(
    'keeps in the journal what the queue has no room for, by %s, and delivers it later',
    async (_what, bounds) => {
      const { directory, journal } = await startJournal([]);
      let isDown = true;
      const { server, payi, diagnostics } = await start(
        { journal, ...bounds },
        { ingestFaults: () => (isDown ? { status: 503 } : undefined) },
      );
      const responses = Array.from({ length: 30 }, (_, index) => settle(payi, `call-${index}`));
      expect(await payi.flush({ timeoutMs: 1 })).toBe(false);
      expect(payi.stats().queued).toBeLessThanOrEqual(10);
      expect((await whenSettled(responses[29] as object)).warnings).toEqual([
        'is in the journal, not delivered yet',
      ]);
      isDown = false;
      expect(await payi.flush(untilDone)).toBe(true);
      expect(idsIn(server).toSorted()).toEqual(responses.map((_, index) => `call-${index}`).toSorted());
      expect(payi.stats()).toMatchObject({ queued: 0, sent: 30, dropped: 0, bytes: 0 });
      expect(diagnostics.filter(({ message }) => !message.includes('held back'))).toEqual([]);
      await payi.close();
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('leaves the rest of a backlog to the next process when it is closed', async () => {
    const left = Array.from({ length: 250 }, (_, index) => `left-${index}`);
    const { journal } = await startJournal(left);
    const first = await start(
      { journal },
      { ingestFaults: ({ index }) => (index > 0 ? { status: 503 } : undefined) },
    );
    resolvePayi(first.payi);
    await expect.poll(() => first.payi.stats().retried).toBeGreaterThan(0);
    expect(await first.payi.close({ timeoutMs: 1 })).toBe(false);
    const second = await start({ journal });
    expect(await second.payi.flush(untilDone)).toBe(true);
    expect([...idsIn(first.server), ...idsIn(second.server)].toSorted()).toEqual(left.toSorted());
  });
});

/** A journal in a folder of its own, in which a process that has ended left events. */
async function startJournal(ids: readonly string[]): Promise<{ directory: string; journal: Store }> {
  const directory = mkdtempSync(join(tmpdir(), 'payi-store-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  const { payi } = await start(
    { journal: openJournal(directory) },
    { ingestFaults: () => ({ status: 503 }) },
  );
  for (const id of ids) settle(payi, id);
  await payi.close({ timeoutMs: 1 });
  return { directory, journal: openJournal(directory) };
}
