import { resolvePayi } from '@payi/core/adapter';
import { describe, expect, it } from 'vitest';
import { advanceClock } from '../../../../internal/testing/clock.ts';
import { hour, idsIn, leftBehind, settle, start, startIngest, untilDone } from './start-delivery.ts';

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
    expect(left.settled).toEqual(['left']);
    expect(diagnostics).toContainEqual({
      code: 'DELIVERY_FAILED',
      message: '1 event(s) given up: they could not be delivered in time (503 unexpected_error)',
    });
  });

  it('keeps in the journal what an address without an ingest API refuses', async () => {
    const baseUrl = await startIngest(() => ({ status: 404 }));
    const { journal, settled } = leftBehind();
    const { payi, diagnostics } = await start({ journal }, {}, { baseUrl });
    settle(payi, 'one');
    await payi.flush(untilDone);
    expect(diagnostics).toMatchObject([
      { message: `Pay-i refused an event: there is no ingest API at ${baseUrl}` },
    ]);
    expect(settled).toEqual([]);
  });

  it.each([
    ['events', { maxQueuedEvents: 3 }],
    ['bytes', { maxQueuedBytes: 700 }],
  ])('keeps no more refused events than a queue may hold, by %s', async (_what, bounds) => {
    const { journal, settled } = leftBehind();
    const { payi } = await start({ journal, ...bounds }, {}, { apiKey: 'wrong-key' });
    for (let index = 0; index < 6; index += 1) {
      settle(payi, `call-${index}`);
      await payi.flush(untilDone);
    }
    expect(payi.stats()).toMatchObject({ queued: 0, rejected: 6 });
    expect(settled).toEqual(['call-3', 'call-4', 'call-5']);
  });
});
