import { describe, expect, it, vi } from 'vitest';
import { holdTimers } from '../../../../internal/testing/clock.ts';
import {
  cleanups,
  idsIn,
  ingestRequests,
  settle,
  settleMany,
  start,
  startIngest,
  untilDone,
} from './start-delivery.ts';

describe("the sender of route 'direct'", () => {
  it('sends by itself, in batches of 100', async () => {
    const { server, payi } = await start({ intervalMs: 50 });
    const ids = settleMany(payi, 250);
    expect(payi.stats().sent).toBe(0);
    await expect.poll(() => payi.stats().sent).toBe(250);
    expect(idsIn(server)).toEqual(ids);
    expect(ingestRequests(server).map(({ path }) => path)).toEqual(
      Array.from({ length: 3 }, () => '/api/v1/ingest/bulk-upsert'),
    );
  });

  it.each([408, 409, 425, 429, 500, 502, 503, 504, 529])('sends again after %i', async (status) => {
    const { server, payi, diagnostics } = await start({}, { ingestFaults: [{ status }, { status }] });
    settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toEqual(['call-0', 'call-1', 'call-2']);
    expect(payi.stats()).toMatchObject({ sent: 3, retried: 6, rejected: 0, dropped: 0 });
    expect(diagnostics).toEqual([]);
  });

  it('sends again when the answer takes too long', async () => {
    const limits = holdTimers(60_001);
    const { server, payi } = await start({ timeoutMs: 60_001 }, { ingestFaults: [{ delayMs: 600_000 }] });
    settle(payi, 'one');
    await expect.poll(() => server.requests).toHaveLength(1);
    limits.pass();
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 1 });
    expect(idsIn(server)).toEqual(['one']);
  });

  it('obeys Retry-After', async () => {
    const { payi } = await start({}, { ingestFaults: [{ status: 429, retryAfter: 1 }] });
    settle(payi, 'one');
    const startedAt = performance.now();
    expect(await payi.flush(untilDone)).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  it('obeys Retry-After for one event of a batch', async () => {
    let requests = 0;
    const baseUrl = await startIngest(() => {
      requests += 1;
      const errors = [{ item_index: 0, xproxy_result: { statusCode: 429 } }];
      const headers = { 'retry-after': '1' };
      return { headers, body: requests === 1 ? { ingest_count: 1, errors } : { ingest_count: 1 } };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settleMany(payi, 2);
    const startedAt = performance.now();
    expect(await payi.flush(untilDone)).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(payi.stats()).toMatchObject({ sent: 2, retried: 1 });
  });

  it('sends single events, at growing distances, to a service that is down', async () => {
    const { server, payi, diagnostics } = await start(
      { minRetryMs: 10, maxRetryMs: 40 },
      { ingestFaults: ({ index }) => (index < 12 ? { status: 500 } : undefined) },
    );
    settleMany(payi, 30);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server).sort()).toEqual(Array.from({ length: 30 }, (_, index) => `call-${index}`).sort());
    const sizes = ingestRequests(server).map(({ body }) => JSON.parse(body.toString()).length);
    expect(sizes.slice(0, 5)).toEqual([30, 30, 30, 30, 30]);
    expect(sizes.slice(5, 13)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'events are held back, Pay-i does not take them: 500 unexpected_error',
    ]);
  });

  it('is not held up by an event that the service fails on', async () => {
    let requests = 0;
    const accepted: string[] = [];
    let requestsUntilAccepted = 0;
    const baseUrl = await startIngest(({ ids }) => {
      requests += 1;
      if (ids.includes('call-150')) return { status: 500 };
      accepted.push(...ids);
      requestsUntilAccepted = requests;
      return {};
    });
    const { payi } = await start({}, {}, { baseUrl });
    settleMany(payi, 300);
    await expect.poll(() => payi.stats()).toMatchObject({ queued: 1, sent: 299 });
    expect(accepted).toHaveLength(299);
    // At one event per five failures, it would take hundreds.
    expect(requestsUntilAccepted).toBeLessThan(100);
  });

  it('lets the application run between requests that fail at once, without a pause', async () => {
    const { fetch } = globalThis;
    let failures = 0;
    vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
      if (failures < 200) {
        failures += 1;
        throw new TypeError('no network');
      }
      return fetch(...request);
    });
    cleanups.push(() => vi.unstubAllGlobals());
    const { payi } = await start({ minRetryMs: 0, maxRetryMs: 0 });
    settle(payi, 'one');
    const isFlushed = payi.flush(untilDone);
    await expect.poll(() => failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(200);
    expect(await isFlushed).toBe(true);
  });
});
