import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payi } from '@payi/core';
import { acceptScore, type KpiScore, resolvePayi } from '@payi/core/adapter';
import { openJournal } from '@payi/core/journal';
import type { RunningPayi } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/settings/store.ts';
import { cleanups, leftBehind, settle, settleMany, start, startIngest, untilDone } from './start-delivery.ts';

const instance = { useCaseName: 'chat', useCaseId: 'c-1' };

function score(payi: Payi, value: KpiScore['score'], kpi = 'stars'): void {
  acceptScore(resolvePayi(payi).delivery as never, { ...instance, kpi, score: value });
}

async function rest(server: RunningPayi, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${server.url}/api/v1/use_cases/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'xproxy-api-key': server.apiKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

/** The use case exists, and the first call makes its instance. */
async function addKpi(server: RunningPayi, name = 'stars'): Promise<void> {
  await rest(server, 'definitions', { name: 'chat', description: 'Chat' });
  await rest(server, 'definitions/chat/kpis', { name, description: name, goal: 4, kpi_type: 'likert5' });
}

async function scores(server: RunningPayi): Promise<unknown> {
  const { items } = (await rest(server, 'instances/chat/c-1/kpis')) as { items: Record<string, unknown>[] };
  return items.map(({ kpi_name, score: value }) => [kpi_name, value]);
}

const puts = ({ requests }: RunningPayi): number => requests.filter(({ method }) => method === 'PUT').length;

describe('acceptScore()', () => {
  it('sends a score after the call that makes its instance', async () => {
    const { server, payi, diagnostics } = await start();
    await addKpi(server);
    settle(payi, 'call', instance);
    score(payi, 5);
    expect(payi.stats()).toMatchObject({ queued: 2 });
    expect(await payi.flush(untilDone)).toBe(true);
    expect(await scores(server)).toEqual([['stars', 5]]);
    expect(puts(server)).toBe(1);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 2, bytes: 0 });
    expect(diagnostics).toEqual([]);
  });

  it('sends the last of several scores of one KPI, and each of several KPIs', async () => {
    const { server, payi } = await start();
    await addKpi(server);
    await addKpi(server, 'solved');
    settle(payi, 'call', instance);
    for (const value of [1, 2, 3]) score(payi, value);
    score(payi, true, 'solved');
    await payi.close(untilDone);
    expect(await scores(server)).toEqual([
      ['stars', 3],
      ['solved', 1],
    ]);
    expect(puts(server)).toBe(2);
  });

  it('waits while Pay-i is down, and does not count as an event that fails', async () => {
    let isUp = false;
    const asked: string[] = [];
    const baseUrl = await startIngest(({ method, path, body }) => {
      if (!isUp) return { status: 503 };
      asked.push(`${method} ${path} ${method === 'PUT' ? body : ''}`);
      return method === 'PUT' ? { body: '' } : { body: { ingest_count: 1 } };
    });
    const { payi } = await start({}, {}, { baseUrl });
    settle(payi, 'call', instance);
    score(payi, 2);
    expect(await payi.flush({ timeoutMs: 50 })).toBe(false);
    isUp = true;
    score(payi, null);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(asked).toEqual([
      'POST /api/v1/ingest/bulk-upsert ',
      'PUT /api/v1/use_cases/instances/chat/c-1/kpis/stars {"score":null}',
    ]);
    expect(payi.stats()).toMatchObject({ sent: 3, dropped: 0 });
  });

  it('holds up no event', async () => {
    let events = 0;
    const baseUrl = await startIngest(({ method }) => {
      if (method === 'PUT') return { status: 503 };
      events += 1;
      return { body: { ingest_count: 1 } };
    });
    const { payi } = await start({ minRetryMs: 60_000, maxRetryMs: 60_000 }, {}, { baseUrl });
    score(payi, 2);
    await expect.poll(() => payi.stats().queued).toBe(1);
    settle(payi, 'one', instance);
    await expect.poll(() => events).toBe(1);
    settle(payi, 'two', instance);
    await expect.poll(() => payi.stats()).toMatchObject({ queued: 1, sent: 2 });
    expect(events).toBe(2);
  });

  it('tries again until Pay-i knows the instance', async () => {
    let asked = 0;
    const baseUrl = await startIngest(({ method }) => {
      if (method === 'POST') return { body: { ingest_count: 1 } };
      asked += 1;
      return asked < 4 ? { status: 404, body: { title: 'Not Found', status: 404 } } : { body: '' };
    });
    const { payi, diagnostics } = await start({}, {}, { baseUrl });
    settle(payi, 'call', instance);
    score(payi, 4);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(payi.stats()).toMatchObject({ sent: 2, retried: 3, rejected: 0 });
    expect(diagnostics).toEqual([]);
  });

  it('reports a KPI that does not exist, and a score that Pay-i refuses', async () => {
    const { server, payi, diagnostics } = await start();
    await addKpi(server);
    settle(payi, 'call', instance);
    score(payi, 4, 'no/such');
    score(payi, 'a lot' as never);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(await scores(server)).toEqual([]);
    expect(diagnostics).toEqual([
      { code: 'DELIVERY_FAILED', message: 'Pay-i refused an event: 400, for the score of a KPI' },
      { code: 'DELIVERY_FAILED', message: 'Pay-i refused an event: 404, for the score of a KPI' },
    ]);
    expect(payi.stats()).toMatchObject({ sent: 1, rejected: 2, queued: 0 });
  });

  it('is kept in the journal, and delivered by the next process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'payi-scores-'));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const down = await startIngest(() => ({ status: 503 }));
    const first = await start({ journal: openJournal(directory) }, {}, { baseUrl: down });
    settle(first.payi, 'call', instance);
    score(first.payi, 1);
    score(first.payi, 3);
    expect(await first.payi.close({ timeoutMs: 20 })).toBe(false);

    const { server, payi } = await start({ journal: openJournal(directory) });
    await addKpi(server);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(await scores(server)).toEqual([['stars', 3]]);
    expect(puts(server)).toBe(1);
  });

  const left = (value: number, acceptedAt: number) => ({
    id: `left-${acceptedAt}`,
    acceptedAt,
    json: JSON.stringify({
      kpi_name: 'stars',
      use_case_name: 'chat',
      use_case_id: 'c-1',
      score: value,
      provider_response_id: `left-${acceptedAt}`,
    }),
  });

  /** Accepts everything. @returns Its URL, and the bodies of the scores that it got. */
  const startAccepting = async () => {
    const bodies: string[] = [];
    const baseUrl = await startIngest(({ method, body }) => {
      if (method === 'PUT') bodies.push(body);
      return method === 'PUT' ? { body: '' } : { body: { ingest_count: 1 } };
    });
    return { baseUrl, bodies };
  };

  it('that an earlier process left behind is delivered, though no call or flush follows', async () => {
    const { journal, settled } = leftBehind();
    const steps = [[left(1, 1)]];
    const { baseUrl, bodies } = await startAccepting();
    const { payi } = await start({ journal: { ...journal, recover: () => steps.shift() } }, {}, { baseUrl });
    resolvePayi(payi);
    await expect.poll(() => settled).toEqual(['left-1']);
    expect(bodies).toEqual(['{"score":1}']);
  });

  it('is the newest of those that processes left behind, in whatever order they are found', async () => {
    const { journal, settled } = leftBehind();
    const steps = [[left(1, 1), left(3, 3), left(2, 2)]];
    const { baseUrl, bodies } = await startAccepting();
    const { payi } = await start({ journal: { ...journal, recover: () => steps.shift() } }, {}, { baseUrl });
    resolvePayi(payi);
    await expect.poll(() => settled).toEqual(['left-1', 'left-3', 'left-2']);
    expect(bodies).toEqual(['{"score":3}']);
  });

  it('stays when an older one is found that another process left behind', async () => {
    const { journal, settled } = leftBehind();
    const steps: ReturnType<typeof left>[][] = [];
    const store = {
      ...journal,
      recover: () => steps.shift(),
      // Then the journal is asked again.
      overflow: () => void steps.push([left(1, 1)]),
    };
    const { baseUrl, bodies } = await startAccepting();
    const { payi } = await start({ journal: store, maxQueuedEvents: 2 }, {}, { baseUrl });
    score(payi, 5);
    expect(await payi.flush(untilDone)).toBe(true);
    settleMany(payi, 3);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(settled).toContain('left-1');
    expect(bodies).toEqual(['{"score":5}']);
  });

  it('is written with the events in offline mode', async () => {
    const lines: string[] = [];
    const { payi } = await start({ offline: (more) => void lines.push(...more) });
    settle(payi, 'call', instance);
    score(payi, 5);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ use_case_id: 'c-1' }),
      {
        kpi_name: 'stars',
        use_case_name: 'chat',
        use_case_id: 'c-1',
        score: 5,
        provider_response_id: expect.stringMatching(/^payi_/),
      },
    ]);
  });

  it('drops what a journal holds and nobody can read, and says so', async () => {
    const { journal, settled } = leftBehind();
    const damaged = { id: 'x', json: '{"kpi_name":"a","use_case_name":"\\ud800"}', acceptedAt: 1 };
    let left: (typeof damaged)[] | undefined = [damaged];
    const store: Store = {
      ...journal,
      recover() {
        const taken = left;
        left = undefined;
        return taken;
      },
    };
    const { payi, diagnostics } = await start({ journal: store });
    resolvePayi(payi);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(settled).toEqual(['x']);
    expect(diagnostics).toMatchObject([{ message: 'Pay-i refused an event: not readable' }]);
  });
});
