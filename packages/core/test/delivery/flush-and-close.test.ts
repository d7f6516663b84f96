import { createPayi, whenSettled } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { holdTimers } from '../../../../internal/testing/clock.ts';
import {
  cleanups,
  gate,
  idsIn,
  leftBehind,
  settle,
  start,
  startIngest,
  untilDone,
} from './start-delivery.ts';

describe("flush() and close() on route 'direct'", () => {
  it('flushes what was accepted before, and does not wait for later calls', async () => {
    const { server, payi } = await start({}, { ingestFaults: () => ({ delayMs: 20 }) });
    settle(payi, 'one');
    let more = 0;
    const traffic = setInterval(() => settle(payi, `more-${more++}`), 1);
    cleanups.push(() => clearInterval(traffic));
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toContain('one');
    expect(payi.stats().queued).toBeGreaterThan(0);
    clearInterval(traffic);
    expect(await payi.close(untilDone)).toBe(true);
    expect(server.ledger).toHaveLength(1 + more);
  });

  it('takes NaN for the default time of a flush, and Infinity for no limit', async () => {
    const limits = holdTimers(10_000);
    const { payi } = await start({}, { ingestFaults: [{ status: 503 }] });
    settle(payi, 'one');
    const isFlushed = payi.flush({ timeoutMs: Number.NaN });
    await expect.poll(() => limits.count).toBe(1);
    expect(await isFlushed).toBe(true);
    settle(payi, 'two');
    expect(await payi.flush({ timeoutMs: Number.MAX_SAFE_INTEGER })).toBe(true);
    settle(payi, 'three');
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 3 });
  });

  it('stops waiting when the time of a flush is up', async () => {
    const { payi } = await start({}, { ingestFaults: () => ({ status: 503 }) });
    settle(payi, 'one');
    // Timers run in the order in which they are due, however late they are.
    const long = payi.flush({ timeoutMs: 10_000 }).then(() => 'the long one');
    expect(await Promise.race([long, payi.flush({ timeoutMs: 100 })])).toBe(false);
    expect(payi.stats().queued).toBe(1);
  });

  it('takes no event after it is closed, and says so', async () => {
    holdTimers(10_000);
    const { server, payi } = await start();
    settle(payi, 'one');
    {
      await using _disposed = payi;
    }
    expect(idsIn(server)).toEqual(['one']);
    const { warnings } = await whenSettled(settle(payi, 'two'));
    expect(warnings).toEqual(['not reported to Pay-i: delivery is closed']);
    expect(payi.stats()).toMatchObject({ sent: 1, dropped: 1 });
  });

  it('concludes every call that ends while it is being closed', async () => {
    for (const journal of [undefined, leftBehind().journal]) {
      for (let turns = 0; turns < 6; turns += 1) {
        const { payi } = await start({ journal });
        settle(payi, 'one');
        await payi.flush(untilDone);
        const closing = payi.close();
        for (let turn = 0; turn < turns; turn += 1) await undefined;
        const late = settle(payi, 'late');
        await closing;
        await whenSettled(late);
        expect(payi.stats()).toMatchObject({ queued: 0, bytes: 0 });
      }
    }
  });

  it('concludes a call once when it is closed during an attempt', async () => {
    const arrived = gate();
    const released = gate();
    const baseUrl = await startIngest(async () => {
      arrived.open();
      await released.promise;
      return {};
    });
    const { payi, receipts } = await start({}, {}, { baseUrl, onReceipt: true });
    settle(payi, 'one');
    await arrived.promise;
    expect(await payi.close({ timeoutMs: 1 })).toBe(false);
    released.open();
    // Time for the answer to arrive.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receipts.map(({ warnings }) => warnings)).toEqual([
      ['not reported to Pay-i: delivery was closed before they were sent'],
    ]);
    expect(payi.stats()).toMatchObject({ queued: 0, dropped: 1, bytes: 0 });
  });
});

describe('createPayi() on the other routes', () => {
  it('has nothing to flush, to close or to count', async () => {
    const payi = createPayi({ route: 'headers' });
    expect(await payi.flush()).toBe(true);
    expect(await payi.close()).toBe(true);
    expect(payi.stats()).toEqual({
      queued: 0,
      sent: 0,
      retried: 0,
      rejected: 0,
      dropped: 0,
      bytes: 0,
      unpriced: 0,
      unattributed: 0,
    });
  });
});
