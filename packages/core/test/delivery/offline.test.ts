import { whenSettled } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { gate, settle, start, untilDone } from './start-delivery.ts';

describe('createPayi({ delivery: { offline } })', () => {
  it('hands events to the offline writer and sends nothing', async () => {
    const lines: string[] = [];
    const { server, payi } = await start({ offline: (some) => void lines.push(...some) });
    const responses = [settle(payi, 'one'), settle(payi, 'two')];
    await payi.flush(untilDone);
    expect(lines.map((line) => JSON.parse(line).properties['system.provider_response_id'])).toEqual([
      'one',
      'two',
    ]);
    expect(server.requests).toEqual([]);
    expect(payi.stats()).toEqual({
      queued: 0,
      sent: 2,
      retried: 0,
      rejected: 0,
      dropped: 0,
      bytes: 0,
      unpriced: 0,
      unattributed: 0,
    });
    expect((await whenSettled(responses[0] as object)).providerResponseId).toBe('one');
  });

  it('waits for an offline writer that is asynchronous', async () => {
    const lines: string[] = [];
    const released = gate();
    const { payi } = await start({
      offline: async (some) => {
        await released.promise;
        lines.push(...some);
      },
    });
    settle(payi, 'one');
    expect(await payi.flush({ timeoutMs: 5 })).toBe(false);
    expect(payi.stats()).toMatchObject({ queued: 1, sent: 0 });
    released.open();
    expect(await payi.close(untilDone)).toBe(true);
    expect(lines).toHaveLength(1);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 1 });
  });

  it('counts towards the bounds of the queue what an offline writer has not written', async () => {
    const released = gate();
    const { payi, diagnostics } = await start({ maxQueuedEvents: 2, offline: () => released.promise });
    for (const id of ['one', 'two']) settle(payi, id);
    expect(await payi.flush({ timeoutMs: 1 })).toBe(false);
    settle(payi, 'three');
    expect(payi.stats()).toMatchObject({ queued: 2, dropped: 1 });
    expect(diagnostics).toMatchObject([{ message: '1 event(s) given up: the queue is full' }]);
    released.open();
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 2 });
  });

  it('counts and reports what an offline writer could not write, at once or later', async () => {
    const cause = new Error('the disk is full');
    for (const offline of [
      () => {
        throw cause;
      },
      async () => Promise.reject(cause),
    ]) {
      const { payi, diagnostics } = await start({ offline });
      const response = settle(payi, 'one');
      expect(await payi.flush(untilDone)).toBe(true);
      expect(payi.stats()).toMatchObject({ queued: 0, sent: 0, dropped: 1 });
      const message = '1 event(s) given up: they could not be written';
      expect(diagnostics).toEqual([{ code: 'DELIVERY_FAILED', message, cause }]);
      expect((await whenSettled(response)).warnings).toEqual([
        'not reported to Pay-i: they could not be written',
      ]);
    }
  });
});
