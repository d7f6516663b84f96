import {
  createPayi,
  type DeliveryOptions,
  type Diagnostic,
  type Payi,
  type Receipt,
  receiptOf,
  whenSettled,
} from '@payi/core';
import { Observation, resolvePayi } from '@payi/core/adapter';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, type RunningPayi, type StartPayiOptions, startPayi } from '../src/index.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setting {
  server: RunningPayi;
  payi: Payi;
  diagnostics: Diagnostic[];
  receipts: Receipt[];
}

/** Short pauses, and no limit of time that a machine which stands still could exceed. */
const quick: DeliveryOptions = { intervalMs: 5, minRetryMs: 5, maxRetryMs: 20, timeoutMs: Infinity };

async function start(
  delivery: DeliveryOptions = {},
  server: StartPayiOptions = {},
  options: { onReceipt?: boolean; baseUrl?: string; apiKey?: string } = {},
): Promise<Setting> {
  const running = await startPayi(server);
  const diagnostics: Diagnostic[] = [];
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route: 'direct',
    baseUrl: options.baseUrl ?? running.url,
    apiKey: options.apiKey ?? running.apiKey,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...(options.onReceipt && { onReceipt: (receipt: Receipt) => void receipts.push(receipt) }),
    delivery: { ...quick, ...delivery },
  });
  cleanups.push(
    () => running.close(),
    () => payi.close({ timeoutMs: 10 }),
  );
  return { server: running, payi, diagnostics, receipts };
}

/** One call that has ended, as an adapter would leave it. */
function settle(payi: Payi, id: string, annotations: Receipt['annotations'] = {}): object {
  const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o-mini', annotations };
  const observation = new Observation(call, resolvePayi(payi));
  const response = {};
  observation.attachTo(response);
  observation.attempts = 1;
  observation.httpStatus = 200;
  observation.read('body', { units: { text: { input: 1000, output: 100 } }, providerResponseId: id });
  observation.settle('complete');
  return response;
}

function settleMany(payi: Payi, count: number): string[] {
  const ids = Array.from({ length: count }, (_, index) => `call-${index}`);
  for (const id of ids) settle(payi, id);
  return ids;
}

/** A journal that holds one event of an earlier process, or none. */
function leftBehind(acceptedAt?: number): {
  journal: NonNullable<DeliveryOptions['journal']>;
  settled: string[];
} {
  const json = JSON.stringify({ category: 'system.openai', units: {}, provider_response_id: 'left' });
  const settled: string[] = [];
  const journal = {
    recover: () => (acceptedAt === undefined ? [] : [{ id: 'left', json, acceptedAt }]),
    append: () => {},
    sending: () => {},
    settled: (ids: readonly string[]) => void settled.push(...ids),
    close: () => {},
  };
  return { journal, settled };
}

const hour = 3_600_000;
/** The default gives up after ten seconds. */
const untilDone = { timeoutMs: Infinity };

/** Moves the clock that delivery reads, but no timer. */
function advanceClock(byMs: number): void {
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + byMs);
  cleanups.push(async () => clock.mockRestore());
}

const idsIn = (server: RunningPayi): (string | undefined)[] =>
  server.ledger.map(({ providerResponseId }) => providerResponseId);
const ingestRequests = (server: RunningPayi): RunningPayi['requests'] =>
  server.requests.filter(({ method }) => method === 'POST');

describe("createPayi({ route: 'direct' })", () => {
  it('reports a call with its annotations', async () => {
    const { server, payi } = await start();
    settle(payi, 'one', { userId: 'u1', limitIds: ['l1'], requestProperties: { shift: 'night' } });
    expect(await payi.flush(untilDone)).toBe(true);
    expect(server.ledger).toMatchObject([
      {
        category: 'system.openai',
        resource: 'gpt-4o-mini',
        annotations: { userId: 'u1', limitIds: ['l1'], requestProperties: { shift: 'night' } },
        units: { text: { input: 1000, output: 100 } },
        providerResponseId: 'one',
        outcome: 'ok',
      },
    ]);
    expect(payi.stats()).toEqual({ queued: 0, sent: 1, retried: 0, rejected: 0, dropped: 0, bytes: 0 });
  });

  it('counts a call from its end on', async () => {
    const { payi } = await start();
    settle(payi, 'one');
    settle(payi, 'two');
    expect(payi.stats()).toMatchObject({ queued: 2, sent: 0 });
    await payi.flush(untilDone);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 2 });
  });

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

  it('has a provisional receipt at once and the final one, with cost and limits, when Pay-i has answered', async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    const response = settle(payi, 'one', { limitIds: ['l1'] });
    expect(receiptOf(response)).toMatchObject({ outcome: 'complete', providerResponseId: 'one' });
    expect(receiptOf(response)?.cost).toBeUndefined();
    expect(receipts).toEqual([]);
    const receipt = await whenSettled(response);
    expect(receipt).toMatchObject({
      cost: { currency: 'usd', total: 0.00021 },
      limits: { l1: 'ok' },
      requestId: server.ledger[0]?.requestId,
      warnings: [],
    });
    expect(receipts).toEqual([receipt]);
    expect(receiptOf(response)).toBe(receipt);
    expect(Object.isFrozen(receipt)).toBe(true);
  });

  it('knows the cost of every call of a crowd', { timeout: 120_000 }, async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    settleMany(payi, 1500);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(receipts).toHaveLength(1500);
    expect(receipts.filter(({ cost }) => cost?.total === undefined)).toEqual([]);
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(1500);
  });

  it('concludes calls of which the cost is not asked for before it is closed', async () => {
    let asked = 0;
    const server = await listen((request, response) => {
      if (request.method === 'GET') {
        asked += 1;
        return;
      }
      request.resume().on('end', () => {
        response.writeHead(200);
        response.end('{}');
      });
    });
    cleanups.push(() => server.close());
    const { payi, receipts } = await start({}, {}, { baseUrl: server.url, onReceipt: true });
    settleMany(payi, 150);
    await expect.poll(() => asked).toBe(100);
    await expect.poll(() => payi.stats().sent).toBe(150);
    expect(await payi.close({ timeoutMs: 1 })).toBe(false);
    expect(receipts.map(({ warnings }) => warnings)).toEqual(
      Array.from({ length: 50 }, () => ['its cost was not asked for']),
    );
  });

  it('asks for no result that nobody waits for', async () => {
    const { server, payi } = await start();
    settleMany(payi, 5);
    await payi.flush(untilDone);
    expect(server.requests).toHaveLength(1);
  });

  it('says in the receipt that an event was given up', async () => {
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

  it.each([408, 409, 425, 429, 500, 502, 503, 504, 529])('sends again after %i', async (status) => {
    const { server, payi, diagnostics } = await start({}, { ingestFaults: [{ status }, { status }] });
    settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toEqual(['call-0', 'call-1', 'call-2']);
    expect(payi.stats()).toMatchObject({ sent: 3, retried: 6, rejected: 0, dropped: 0 });
    expect(diagnostics).toEqual([]);
  });

  it.each(['before-commit', 'after-commit'] as const)(
    'counts an event once when the connection breaks %s',
    async (reset) => {
      const { server, payi } = await start({}, { ingestFaults: [{ reset }] });
      settle(payi, 'one');
      expect(await payi.flush(untilDone)).toBe(true);
      expect(idsIn(server)).toEqual(['one']);
      expect(
        ingestRequests(server).map(({ body }) => JSON.parse(body.toString())[0].provider_response_id),
      ).toEqual(['one', 'one']);
    },
  );

  it('takes a page in the place of an answer for none', async () => {
    let requests = 0;
    const server = await listen((request, response) => {
      request.resume().on('end', () => {
        requests += 1;
        if (requests === 1) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end(requests === 1 ? '<html>Please log in' : '{}');
      });
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 1 });
    expect(requests).toBe(2);
  });

  it('takes JSON for an answer, whatever it is called', async () => {
    const server = await listen((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end('{}');
      });
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 0 });
  });

  it.each(['/api/v1/ingest/bulk-upsert', '/api/v1/ingest/bulk', '/api/v1/ingest'])(
    'takes a 404 that names what an event names for an answer of %s',
    async (present) => {
      const paths: string[] = [];
      const server = await listen((request, response) => {
        let body = '';
        request.on('data', (piece) => {
          body += piece;
        });
        request.on('end', () => {
          paths.push(request.url as string);
          const isThere = request.url === present;
          const code = body.includes('unknown') ? 'use_case_not_found' : undefined;
          response.writeHead(isThere && code === undefined ? 200 : 404);
          response.end(isThere ? JSON.stringify({ statusCode: 404, xproxy_error: { code } }) : '');
        });
      });
      cleanups.push(() => server.close());
      const { payi, diagnostics } = await start({}, {}, { baseUrl: server.url });
      for (const id of ['unknown', 'one', 'two']) settle(payi, id);
      expect(await payi.flush(untilDone)).toBe(true);
      expect(payi.stats()).toMatchObject({ sent: 2, rejected: 1 });
      expect(diagnostics).toMatchObject([{ message: 'Pay-i refused an event: 404 use_case_not_found' }]);
      expect(paths.at(-1)).toBe(present);
    },
  );

  it('leaves the application its turns when requests fail at once and no pause is wanted', async () => {
    const { fetch } = globalThis;
    let failures = 0;
    vi.stubGlobal('fetch', async (...request: Parameters<typeof fetch>) => {
      if (failures < 200) {
        failures += 1;
        throw new TypeError('no network');
      }
      return fetch(...request);
    });
    cleanups.push(async () => vi.unstubAllGlobals());
    const { payi } = await start({ minRetryMs: 0, maxRetryMs: 0 });
    settle(payi, 'one');
    const isFlushed = payi.flush(untilDone);
    await expect.poll(() => failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(200);
    expect(await isFlushed).toBe(true);
  });

  it('flushes what was there, and does not wait for what comes meanwhile', async () => {
    const { server, payi } = await start({}, { ingestFaults: () => ({ delayMs: 20 }) });
    settle(payi, 'one');
    let more = 0;
    const traffic = setInterval(() => settle(payi, `more-${more++}`), 1);
    cleanups.push(async () => clearInterval(traffic));
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toContain('one');
    expect(payi.stats().queued).toBeGreaterThan(0);
    clearInterval(traffic);
    expect(await payi.close(untilDone)).toBe(true);
    expect(server.ledger).toHaveLength(1 + more);
  });

  it('asks again what a call cost when the answer is not there, and not for ever', async () => {
    const asked: string[] = [];
    const answers = [503, 404, 200];
    const server = await listen((request, response) => {
      request.resume().on('end', () => {
        if (request.method === 'POST') {
          response.end('{}');
          return;
        }
        const [, id = ''] = /([^/]+)\/result$/.exec(request.url ?? '') ?? [];
        const earlier = asked.filter((other) => other === id).length;
        asked.push(id);
        response.writeHead(id === 'priced' ? (answers[earlier] ?? 500) : 404);
        response.end(JSON.stringify({ xproxy_result: { cost: { total: { base: 0.5 } } } }));
      });
    });
    cleanups.push(() => server.close());
    const { payi, receipts } = await start({}, {}, { baseUrl: server.url, onReceipt: true });
    settle(payi, 'priced');
    settle(payi, 'never priced');
    expect(await payi.flush(untilDone)).toBe(true);
    const costs = Object.fromEntries(receipts.map((one) => [one.providerResponseId, one.cost?.total]));
    expect(costs).toEqual({ priced: 0.5, 'never priced': undefined });
    expect(asked.toSorted()).toEqual([...Array(3).fill('never%20priced'), ...Array(3).fill('priced')]);
  });

  it('takes an answer that is too slow for none', async () => {
    const { server, payi } = await start({ timeoutMs: 1000 }, { ingestFaults: [{ delayMs: 60_000 }] });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    const { sent, retried } = payi.stats();
    expect(sent).toBe(1);
    // More than once where the machine took a second for a request that the server answers at once.
    expect(retried).toBeGreaterThan(0);
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
    const server = await listen((request, response) => {
      request.resume().on('end', () => {
        requests += 1;
        response.writeHead(200, { 'retry-after': '1' });
        const errors = [{ item_index: 0, xproxy_result: { statusCode: 429 } }];
        response.end(JSON.stringify(requests === 1 ? { ingest_count: 1, errors } : { ingest_count: 1 }));
      });
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settleMany(payi, 2);
    const startedAt = performance.now();
    expect(await payi.flush(untilDone)).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(payi.stats()).toMatchObject({ sent: 2, retried: 1 });
  });

  it('drops and reports the bad event of a batch and keeps the rest', async () => {
    const { server, payi, diagnostics } = await start(
      {},
      {
        ingestFaults: [
          {
            itemErrors: [
              { index: 1, code: 'category_not_found' },
              { index: 2, statusCode: 503 },
            ],
          },
        ],
      },
    );
    settleMany(payi, 4);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(idsIn(server)).toEqual(['call-0', 'call-3', 'call-2']);
    expect(payi.stats()).toMatchObject({ sent: 3, rejected: 1, retried: 1 });
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['DELIVERY_FAILED', 'Pay-i refused an event: category_not_found'],
    ]);
  });

  it.each([
    ['says that nothing of it is kept', { ingest_count: 0 }],
    ['does not say what of it is kept', {}],
  ])('sends the rest again when Pay-i refused a batch for one event and %s', async (_what, counts) => {
    const batches: string[][] = [];
    const server = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const items: { provider_response_id: string }[] = JSON.parse(Buffer.concat(chunks).toString());
      batches.push(items.map(({ provider_response_id }) => provider_response_id));
      const bad = items.findIndex(({ provider_response_id }) => provider_response_id === 'call-1');
      const errors = [{ item_index: bad, xproxy_result: { statusCode: 400, message: 'no' } }];
      response.writeHead(bad < 0 ? 200 : 400);
      response.end(JSON.stringify(bad < 0 ? { ingest_count: items.length } : { ...counts, errors }));
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(batches).toEqual([
      ['call-0', 'call-1', 'call-2'],
      ['call-0', 'call-2'],
    ]);
    expect(payi.stats()).toMatchObject({ sent: 2, rejected: 1, retried: 2 });
  });

  it('finds the events that spoil a batch when Pay-i does not name them', async () => {
    const accepted: string[] = [];
    const server = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const ids: string[] = JSON.parse(Buffer.concat(chunks).toString()).map(
        (item: { provider_response_id: string }) => item.provider_response_id,
      );
      const isSpoilt = ids.includes('call-2');
      if (!isSpoilt) accepted.push(...ids);
      response.writeHead(isSpoilt ? 400 : 200);
      response.end('{}');
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settleMany(payi, 5);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(accepted).toEqual(['call-0', 'call-1', 'call-3', 'call-4']);
    expect(payi.stats()).toMatchObject({ sent: 4, rejected: 1, retried: 0 });
  });

  it.each([
    [['bulk', 'single'] as const, '/api/v1/ingest/bulk'],
    [['single'] as const, '/api/v1/ingest'],
  ])('uses what a service has that has only %j, and remembers it', async (ingestEndpoints, path) => {
    const { server, payi } = await start({}, { ingestEndpoints }, { onReceipt: true });
    settle(payi, 'one', { userId: 'u1', useCaseProperties: { a: 'b' } });
    await payi.flush(untilDone);
    settle(payi, 'two', {
      limitIds: ['l1', 'l2'],
      useCaseVersion: 0,
      useCaseName: 'n',
      resourceScope: 'region.x',
    });
    await payi.flush(untilDone);
    expect(server.ledger.map(({ annotations }) => annotations)).toMatchObject([
      { userId: 'u1', useCaseProperties: { a: 'b' } },
      { limitIds: ['l1', 'l2'], useCaseVersion: 0, useCaseName: 'n', resourceScope: 'region.x' },
    ]);
    expect(ingestRequests(server).slice(-1)[0]?.path).toBe(path);
    expect(ingestRequests(server)).toHaveLength(path.endsWith('bulk') ? 3 : 4);
  });

  it('marks none that was not sent yet, because one before it could not be taken', async () => {
    const { server, payi } = await start(
      {},
      {
        ingestEndpoints: ['single'],
        ingestFaults: ({ index }) => (index === 1 ? { status: 503 } : undefined),
      },
    );
    settleMany(payi, 4);
    await payi.flush(untilDone);
    expect(
      server.ledger.map(({ providerResponseId, annotations }) => [
        providerResponseId,
        annotations.requestProperties,
      ]),
    ).toEqual([
      ['call-0', undefined],
      ['call-1', { 'system.possible_duplicate': 'true' }],
      ['call-2', undefined],
      ['call-3', undefined],
    ]);
    expect(payi.stats()).toMatchObject({ sent: 4, retried: 1 });
  });

  it('marks an event that may be there already when the service cannot tell', async () => {
    const { server, payi } = await start(
      {},
      { ingestEndpoints: ['bulk'], ingestFaults: [{ reset: 'after-commit' }] },
    );
    settle(payi, 'one');
    await payi.flush(untilDone);
    expect(server.ledger.map(({ annotations }) => annotations.requestProperties)).toEqual([
      undefined,
      { 'system.possible_duplicate': 'true' },
    ]);
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

    const small = await start({ maxQueuedBytes: 300 });
    settleMany(small.payi, 3);
    await small.payi.flush(untilDone);
    expect(idsIn(small.server)).toEqual(['call-0']);
    expect(small.payi.stats()).toMatchObject({ sent: 1, dropped: 2 });
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
    const server = await listen(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      requests += 1;
      response.writeHead(Buffer.concat(chunks).includes('"call-150"') ? 500 : 200);
      response.end('{}');
    });
    cleanups.push(() => server.close());
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settleMany(payi, 300);
    await expect.poll(() => payi.stats()).toMatchObject({ queued: 1, sent: 299 });
    // One event after each five failures would be hundreds.
    expect(requests).toBeLessThan(100);
  });

  it('does not send again what a wrong key refuses', async () => {
    const { server, payi, diagnostics } = await start({}, {}, { apiKey: 'wrong-key-Zx9' });
    const response = settle(payi, 'one');
    expect((await whenSettled(response)).warnings).toEqual(['Pay-i refused the event: 401 invalid_api_key']);
    expect(server.requests).toHaveLength(1);
    expect(payi.stats()).toMatchObject({ rejected: 1, queued: 0 });
    expect(JSON.stringify(diagnostics)).not.toContain('Zx9');
  });

  it('does not take the key to where a redirect points', async () => {
    const seen: unknown[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers);
      response.writeHead(200);
      response.end('{}');
    });
    const server = await listen((_request, response) => {
      response.writeHead(307, { location: other.url });
      response.end();
    });
    cleanups.push(
      () => other.close(),
      () => server.close(),
    );
    const { payi } = await start({}, {}, { baseUrl: server.url });
    const response = settle(payi, 'one');
    await expect.poll(() => payi.stats().retried).toBeGreaterThan(0);
    expect(await payi.flush({ timeoutMs: 1 })).toBe(false);
    expect(seen).toEqual([]);
    await payi.close({ timeoutMs: 0 });
    expect((await whenSettled(response)).warnings).toEqual([
      'not reported to Pay-i: delivery was closed before they were sent (307, a redirect, which is not followed)',
    ]);
  });

  it('waits ten seconds, or for ever, for a flush whose time is no number or without end', async () => {
    const { payi } = await start({}, { ingestFaults: [{ status: 503 }] });
    settle(payi, 'one');
    expect(await payi.flush({ timeoutMs: Number.NaN })).toBe(true);
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
    const { payi, receipts } = await start({}, { ingestFaults: [{ delayMs: 300 }] }, { onReceipt: true });
    settle(payi, 'one');
    expect(await payi.close({ timeoutMs: 100 })).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(receipts.map(({ warnings }) => warnings)).toEqual([
      ['not reported to Pay-i: delivery was closed before they were sent'],
    ]);
    expect(payi.stats()).toMatchObject({ queued: 0, dropped: 1, bytes: 0 });
  });

  it('hands the delivery of each call to waitUntil', async () => {
    const promises: Promise<unknown>[] = [];
    const { server, payi } = await start({ waitUntil: (promise) => void promises.push(promise) });
    settle(payi, 'one');
    settle(payi, 'two');
    expect(promises).toHaveLength(2);
    await Promise.all(promises);
    expect(idsIn(server)).toEqual(['one', 'two']);
  });

  it('reports a waitUntil that throws or rejects, and delivers', async () => {
    const problem = new Error('no request is being served');
    for (const waitUntil of [
      () => {
        throw problem;
      },
      async () => Promise.reject(problem),
    ]) {
      const { server, payi, diagnostics } = await start({ waitUntil });
      settle(payi, 'one');
      await payi.flush(untilDone);
      expect(diagnostics).toMatchObject([{ code: 'CALLBACK_FAILED', operation: 'chat', cause: problem }]);
      expect(idsIn(server)).toEqual(['one']);
    }
  });

  it('does not report a call that never left the process', async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    const call = { category: 'system.openai', operation: 'chat', resource: 'm', annotations: {} };
    new Observation(call, resolvePayi(payi)).settle('failed');
    await payi.flush(untilDone);
    expect(receipts).toMatchObject([{ attempts: 0, outcome: 'failed' }]);
    expect(server.requests).toEqual([]);
  });

  it('hands events to the offline writer and sends nothing', async () => {
    const lines: string[] = [];
    const { server, payi } = await start({ offline: (some) => void lines.push(...some) });
    const responses = [settle(payi, 'one'), settle(payi, 'two')];
    await payi.flush(untilDone);
    expect(lines.map((line) => JSON.parse(line).provider_response_id)).toEqual(['one', 'two']);
    expect(server.requests).toEqual([]);
    expect(payi.stats()).toEqual({ queued: 0, sent: 2, retried: 0, rejected: 0, dropped: 0, bytes: 0 });
    expect((await whenSettled(responses[0] as object)).providerResponseId).toBe('one');
  });

  it('waits for an offline writer that is asynchronous', async () => {
    const lines: string[] = [];
    const { payi } = await start({
      offline: async (some) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        lines.push(...some);
      },
    });
    settle(payi, 'one');
    expect(await payi.flush({ timeoutMs: 5 })).toBe(false);
    expect(payi.stats()).toMatchObject({ queued: 1, sent: 0 });
    expect(await payi.close(untilDone)).toBe(true);
    expect(lines).toHaveLength(1);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 1 });
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

  it('delivers what an earlier process left behind, however long ago', async () => {
    const left = leftBehind(Date.now() - 48 * 3_600_000);
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

  it.each([-4, 120])('minds no clock that is set by %i minutes while an event waits', async (minutes) => {
    const { server, payi } = await start({}, { ingestFaults: [{ status: 503, retryAfter: 1 }] });
    settle(payi, 'one');
    await expect.poll(() => server.requests).toHaveLength(1);
    const time = Date.now() + minutes * 60_000;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => time);
    cleanups.push(async () => clock.mockRestore());
    settle(payi, 'two');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 2, dropped: 0 });
  });

  it('keeps in a journal what an address without an ingest API refuses', async () => {
    const server = await listen((_request, response) => {
      response.writeHead(404);
      response.end();
    });
    cleanups.push(() => server.close());
    const { journal, settled } = leftBehind();
    const { payi, diagnostics } = await start({ journal }, {}, { baseUrl: server.url });
    settle(payi, 'one');
    await payi.flush(untilDone);
    expect(diagnostics).toMatchObject([
      { message: `Pay-i refused an event: there is no ingest API at ${server.url}` },
    ]);
    expect(settled).toEqual([]);
  });

  it.each([
    ['events', { maxQueuedEvents: 3 }],
    ['bytes', { maxQueuedBytes: 700 }],
  ])('keeps there no more than a queue may hold, by %s', async (_what, bounds) => {
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

describe('createPayi() on the other routes', () => {
  it('has nothing to flush, to close or to count', async () => {
    const payi = createPayi({ route: 'headers' });
    expect(await payi.flush()).toBe(true);
    expect(await payi.close()).toBe(true);
    expect(payi.stats()).toEqual({ queued: 0, sent: 0, retried: 0, rejected: 0, dropped: 0, bytes: 0 });
  });
});
