import { whenSettled } from '@payi/core';
import { listen } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import {
  idsIn,
  ingestRequests,
  settle,
  settleMany,
  start,
  startIngest,
  untilDone,
} from './start-delivery.ts';

describe('the client of the ingest API', () => {
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

  it('accepts a 2xx answer whose body breaks off', async () => {
    let requests = 0;
    await using server = await listen((request, response) => {
      requests += 1;
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{', () => response.destroy());
      });
    });
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 0 });
    expect(requests).toBe(1);
  });

  it('retries when a 2xx answer is a page of HTML', async () => {
    let requests = 0;
    const baseUrl = await startIngest(() => {
      requests += 1;
      if (requests > 1) return {};
      return { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Please log in' };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 1 });
    expect(requests).toBe(2);
  });

  it('accepts JSON under any content type', async () => {
    const baseUrl = await startIngest(() => ({ headers: { 'content-type': 'text/html; charset=utf-8' } }));
    const { payi } = await start({}, {}, { baseUrl });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 0 });
  });

  it.each(['/api/v1/ingest/bulk-upsert', '/api/v1/ingest/bulk', '/api/v1/ingest'])(
    'does not conclude from a 404 about a use case that %s does not exist',
    async (present) => {
      const paths: string[] = [];
      const baseUrl = await startIngest(({ path, body }) => {
        paths.push(path);
        if (path !== present) return { status: 404, body: '' };
        const code = 'use_case_not_found';
        return body.includes('unknown')
          ? { status: 404, body: { statusCode: 404, xproxy_error: { code } } }
          : {};
      });
      const { payi, diagnostics } = await start({}, {}, { baseUrl });
      for (const id of ['unknown', 'one', 'two']) settle(payi, id);
      expect(await payi.flush(untilDone)).toBe(true);
      expect(payi.stats()).toMatchObject({ sent: 2, rejected: 1 });
      expect(diagnostics).toMatchObject([{ message: 'Pay-i refused an event: 404 use_case_not_found' }]);
      expect(paths.at(-1)).toBe(present);
    },
  );

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
    const baseUrl = await startIngest(({ ids }) => {
      batches.push(ids);
      const index = ids.indexOf('call-1');
      if (index < 0) return { body: { ingest_count: ids.length } };
      const errors = [{ item_index: index, xproxy_result: { statusCode: 400, message: 'no' } }];
      return { status: 400, body: { ...counts, errors } };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(batches).toEqual([
      ['call-0', 'call-1', 'call-2'],
      ['call-0', 'call-2'],
    ]);
    expect(payi.stats()).toMatchObject({ sent: 2, rejected: 1, retried: 2 });
  });

  it('bisects a batch to find a bad event that Pay-i does not name', async () => {
    const accepted: string[] = [];
    const baseUrl = await startIngest(({ ids }) => {
      if (ids.includes('call-2')) return { status: 400 };
      accepted.push(...ids);
      return {};
    });
    const { payi } = await start({}, {}, { baseUrl });
    settleMany(payi, 5);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(accepted).toEqual(['call-0', 'call-1', 'call-3', 'call-4']);
    expect(payi.stats()).toMatchObject({ sent: 4, rejected: 1, retried: 0 });
  });

  it.each([
    [['bulk', 'single'] as const, '/api/v1/ingest/bulk'],
    [['single'] as const, '/api/v1/ingest'],
  ])(
    'finds the endpoints of a service that has only %j, and remembers them',
    async (ingestEndpoints, path) => {
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
    },
  );

  it('tells what it leaves out where annotations travel as headers', async () => {
    const { server, payi, receipts } = await start({}, { ingestEndpoints: ['single'] }, { onReceipt: true });
    settle(payi, 'one', { accountName: 'Müller GmbH', userId: 'u1' });
    expect(await payi.flush(untilDone)).toBe(true);
    expect(server.ledger.map(({ annotations }) => annotations)).toEqual([{ userId: 'u1' }]);
    expect(receipts.map(({ warnings }) => warnings)).toEqual([
      [expect.stringMatching(/^annotation left out: accountName /)],
    ]);
    expect(payi.stats()).toMatchObject({ sent: 1, rejected: 0 });
  });

  it('marks no event that was not sent because one before it failed', async () => {
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

  it('marks an event that may have arrived before, for a service that does not upsert', async () => {
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
    const other = await startIngest(({ key }) => {
      seen.push(key);
      return {};
    });
    const baseUrl = await startIngest(() => ({ status: 307, headers: { location: other } }));
    const { payi } = await start({}, {}, { baseUrl });
    const response = settle(payi, 'one');
    await expect.poll(() => payi.stats().retried).toBeGreaterThan(0);
    expect(await payi.flush({ timeoutMs: 1 })).toBe(false);
    expect(seen).toEqual([]);
    await payi.close({ timeoutMs: 0 });
    expect((await whenSettled(response)).warnings).toEqual([
      'not reported to Pay-i: delivery was closed before they were sent (307, a redirect, which is not followed)',
    ]);
  });
});
