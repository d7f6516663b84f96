import { type Annotations, whenSettled } from '@payi/core';
import { listen } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import { advanceClock } from '../../../../internal/testing/clock.ts';
import {
  hour,
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
      const [first, second] = ingestRequests(server).map(({ body }) => body.toString());
      expect(second).toBe(first);
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
    expect(server.ledger[0]?.annotations).toMatchObject({ userId: 'u1' });
    expect(server.ledger[0]?.annotations).not.toHaveProperty('accountName');
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
      server.ledger.map(({ annotations }) => annotations.requestProperties?.['system.possible_duplicate']),
    ).toEqual([undefined, 'true', undefined, undefined]);
    expect(idsIn(server)).toEqual(['call-0', 'call-1', 'call-2', 'call-3']);
    expect(payi.stats()).toMatchObject({ sent: 4, retried: 1 });
  });

  it('marks an event that may have arrived before, for a service that does not upsert', async () => {
    const { server, payi } = await start(
      {},
      { ingestEndpoints: ['bulk'], ingestFaults: [{ reset: 'after-commit' }] },
    );
    settle(payi, 'one');
    await payi.flush(untilDone);
    const marks = server.ledger.map(
      ({ annotations }) => annotations.requestProperties?.['system.possible_duplicate'],
    );
    expect(marks).toEqual([undefined, 'true']);
    expect(new Set(server.ledger.map(({ providerResponseId }) => providerResponseId)).size).toBe(1);
  });

  it('keeps what a wrong key refuses until the key is right, however long that takes, and says so once', async () => {
    let isWrong = true;
    let requests = 0;
    const taken: string[] = [];
    const error = { statusCode: 401, xproxy_error: { code: 'invalid_api_key' } };
    const baseUrl = await startIngest(({ ids }) => {
      requests += 1;
      if (isWrong) return { status: 401, body: error };
      taken.push(...ids);
      return {};
    });
    const { payi, diagnostics } = await start({ maxAgeMs: hour }, {}, { baseUrl, apiKey: 'wrong-key-Zx9' });
    const ids = settleMany(payi, 3);
    for (const seen of [3, 6, 9]) {
      await expect.poll(() => requests).toBeGreaterThan(seen);
      advanceClock(0.9 * hour);
    }
    expect(payi.stats()).toMatchObject({ queued: 3, rejected: 0, dropped: 0 });
    isWrong = false;
    expect(await payi.flush(untilDone)).toBe(true);
    expect(taken.toSorted()).toEqual(ids);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'events are held back, Pay-i does not take them: 401 invalid_api_key',
    ]);
    expect(JSON.stringify(diagnostics)).not.toContain('Zx9');
  });

  it.each([
    ...[400, 401, 403, 404, 405, 407, 418].map((status) => ({ status, body: '<h1>nginx</h1>' })),
    ...[401, 403, 404, 405].map((status) => ({ status, body: '' })),
    ...[401, 403, 404].map((status) => ({ status, body: { message: 'Forbidden', statusCode: status } })),
  ])('sends again after $status $body, which is not an answer of Pay-i', async (answer) => {
    const taken: string[] = [];
    let requests = 0;
    const baseUrl = await startIngest(({ ids }) => {
      requests += 1;
      if (requests <= 4) return answer;
      taken.push(...ids);
      return {};
    });
    const { payi } = await start({}, {}, { baseUrl });
    const ids = settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(taken.toSorted()).toEqual(ids);
    expect(payi.stats()).toMatchObject({ sent: 3, rejected: 0 });
  });

  it('goes back to the upsert after a failure, because only that is sure to count a repeated event once', async () => {
    const paths: string[] = [];
    const baseUrl = await startIngest(({ path }) => {
      paths.push(path.replace('/api/v1/ingest', ''));
      return { status: [404, 503][paths.length - 1] ?? 200, body: '' };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(paths).toEqual(['/bulk-upsert', '/bulk', '/bulk-upsert']);
  });

  it.each<[code: string, status: number, annotations: Annotations, names: string]>([
    ['blocking_limit_not_allowed', 400, { limitIds: ['l1'] }, 'limit_ids'],
    ['invalid_limit_ids', 400, { limitIds: ['l1'] }, 'limit_ids'],
    ['use_case_not_found', 404, { useCaseName: 'n', useCaseStep: 's' }, 'use_case_name, use_case_step'],
    ['use_case_instance_not_found', 404, { useCaseName: 'n', useCaseId: 'i' }, 'use_case_id'],
    ['invalid_tags', 400, { requestTags: ['t'] }, 'request_tags'],
    ['invalid_user_id', 400, { userId: 'u 1' }, 'user_id'],
    ['category_not_found', 400, { priceAsCategory: 'mine' }, 'category'],
    ['category_resource_not_found', 400, { priceAsResource: 'mine' }, 'resource'],
    ['invalid_ingest_event_timestamp', 400, {}, 'event_timestamp'],
  ])('after %s sends an event again without what it names', async (code, statusCode, annotations, names) => {
    for (const isWhole of [false, true]) {
      const bodies: Record<string, unknown>[] = [];
      const error = { statusCode, message: 'no', xproxy_error: { code } };
      const baseUrl = await startIngest(({ method, body }) => {
        if (method === 'GET') return { body: { xproxy_result: { cost: { total: { base: 0.5 } } } } };
        bodies.push(...JSON.parse(body));
        if (bodies.length > 1) return { body: { ingest_count: 1 } };
        return isWhole
          ? { status: statusCode, body: error }
          : { status: 400, body: { errors: [{ item_index: 0, xproxy_result: error }] } };
      });
      const { payi, receipts } = await start({}, {}, { baseUrl, onReceipt: true });
      settle(payi, 'one', { ...annotations, accountName: 'acme' });
      expect(await payi.flush(untilDone)).toBe(true);
      const [refused = {}, taken = {}] = bodies;
      for (const name of names.split(', ')) {
        expect(refused).toHaveProperty(name);
        expect(taken[name]).not.toBe(refused[name]);
        refused[name] = taken[name];
      }
      expect(taken).toEqual(JSON.parse(JSON.stringify(refused)));
      expect(receipts).toMatchObject([
        { cost: { total: 0.5 }, warnings: [`Pay-i refused ${names} (${code}): reported without`] },
      ]);
      expect(payi.stats()).toMatchObject({ sent: 1, rejected: 0, retried: 0 });
    }
  });

  it('refuses an event for a label that it does not have', async () => {
    let requests = 0;
    const baseUrl = await startIngest(() => {
      requests += 1;
      return { status: 400, body: { statusCode: 400, xproxy_error: { code: 'use_case_not_found' } } };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settle(payi, 'one', { useCaseName: 'n' });
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 0, rejected: 1 });
    expect(requests).toBe(2);
  });

  it('reads no more of an answer than Pay-i would send, and sends again', async () => {
    let requests = 0;
    let pieces = 0;
    await using server = await listen((request, response) => {
      request.resume();
      requests += 1;
      if (requests > 1) return void response.end('{}');
      // Ends only if the client leaves.
      const write = (): void => {
        do pieces += 1;
        while (response.write(' '.repeat(65_536)));
        response.once('drain', write);
      };
      write();
    });
    const { payi } = await start({}, {}, { baseUrl: server.url });
    settle(payi, 'one');
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 1, retried: 1 });
    expect(pieces).toBeLessThan(1000);
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
