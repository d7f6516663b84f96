import { whenSettled } from '@payi/core';
import { describe, expect, it, vi } from 'vitest';
import { advanceClock } from '../../../../internal/testing/clock.ts';
import { cleanups, hour, idsIn, settle, settleMany, start, untilDone } from './start-delivery.ts';

describe("the queue of route 'direct'", () => {
  it('counts a call from its end on', async () => {
    const { payi } = await start();
    settle(payi, 'one');
    settle(payi, 'two');
    expect(payi.stats()).toMatchObject({ queued: 2, sent: 0 });
    await payi.flush(untilDone);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 2 });
  });

  it('refuses the newest event when the queue is full, by count and by bytes', async () => {
    const { server, payi, diagnostics } = await start({ maxQueuedEvents: 2 });
    settle(payi, 'warm-up');
    await payi.flush(untilDone);
    const responses = ['a', 'b', 'c'].map((id) => settle(payi, id));
    expect((await whenSettled(responses[2] as object)).warnings).toEqual([
      'not reported to Pay-i: the queue is full',
    ]);
    await payi.flush(untilDone);
    expect(idsIn(server)).toEqual(['warm-up', 'a', 'b']);
    expect(diagnostics).toMatchObject([
      { code: 'DELIVERY_FAILED', message: '1 event(s) given up: the queue is full' },
    ]);

    const small = await start({ maxQueuedBytes: 500 });
    settleMany(small.payi, 3);
    await small.payi.flush(untilDone);
    expect(idsIn(small.server)).toEqual(['call-0']);
    expect(small.payi.stats()).toMatchObject({ sent: 1, dropped: 2 });
  });

  it('gives up an event that is too old, and says so in its receipt', async () => {
    const { server, payi } = await start({ maxAgeMs: hour }, { ingestFaults: () => ({ status: 503 }) });
    const response = settle(payi, 'one');
    await expect.poll(() => payi.stats().retried).toBeGreaterThan(0);
    advanceClock(2 * hour);
    expect((await whenSettled(response)).warnings).toEqual([
      'not reported to Pay-i: they could not be delivered in time (503 unexpected_error)',
    ]);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 0, dropped: 1, bytes: 0 });
    expect(server.ledger).toEqual([]);
  });

  it.each([-4, 120])(
    'does not depend on a wall clock that is set by %i minutes while an event waits',
    async (minutes) => {
      const { server, payi } = await start({}, { ingestFaults: [{ status: 503, retryAfter: 1 }] });
      settle(payi, 'one');
      await expect.poll(() => server.requests).toHaveLength(1);
      const time = Date.now() + minutes * 60_000;
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => time);
      cleanups.push(() => clock.mockRestore());
      settle(payi, 'two');
      expect(await payi.flush(untilDone)).toBe(true);
      expect(payi.stats()).toMatchObject({ sent: 2, dropped: 0 });
    },
  );
});
