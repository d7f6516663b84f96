import { afterEach, describe, expect, it, vi } from 'vitest';
import { idsIn, settle, start, untilDone } from './start-delivery.ts';

const module = '../../src/delivery/delivery.ts';
afterEach(() => {
  vi.doUnmock(module);
  vi.resetModules();
});

describe('the module that delivers events', () => {
  it('is counted and reported where it cannot be loaded, and asked for again by the next call', async () => {
    vi.doMock(module, () => {
      throw new Error('no such chunk');
    });
    const { server, payi, diagnostics, receipts } = await start({}, {}, { onReceipt: true });
    settle(payi, 'one');
    settle(payi, 'two');
    await expect.poll(() => receipts.length).toBe(2);
    expect(receipts[0]?.warnings).toEqual([
      'not reported to Pay-i: the module that delivers them could not be loaded',
    ]);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 0, dropped: 2 });
    expect(diagnostics).toEqual([
      {
        code: 'DELIVERY_FAILED',
        message: '2 event(s) given up: the module that delivers them could not be loaded',
        cause: expect.any(Error),
      },
    ]);
    expect(await payi.flush()).toBe(true);
    expect(await payi.close()).toBe(false);
    vi.doUnmock(module);
    settle(payi, 'three');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toEqual(['three']);
    expect(payi.stats()).toMatchObject({ sent: 1, dropped: 2 });
  });

  it('may have a fault, of which flush() and close() tell without rejecting', async () => {
    vi.doMock(module, () => ({
      Delivery: class {
        accept(): void {}
        flush = async (): Promise<boolean> => Promise.reject(new Error('odd'));
        close = async (): Promise<boolean> => Promise.reject(new Error('odd'));
        stats = (): object => ({});
      },
    }));
    const { payi, diagnostics } = await start();
    settle(payi, 'one');
    expect([await payi.flush(), await payi.close()]).toEqual([false, false]);
    expect(diagnostics).toMatchObject([
      { code: 'INTERNAL_FAULT', message: 'flush() failed' },
      { code: 'INTERNAL_FAULT', message: 'close() failed' },
    ]);
  });
});
