import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPayi, type Diagnostic, isPayiError, type Payi } from '@payi/core';
import { getContext, track } from '@payi/core/context';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { observeCall } from '../../core/test/delivery/observe-call.ts';
import { createManagement, type Management, ManagementError } from '../src/index.ts';
import { all } from './all.ts';

let payi: RunningPayi;
let management: Management;

beforeEach(async () => {
  payi = await startPayi({ createLimits: false, createUseCases: false });
  management = createManagement({ baseUrl: payi.url, apiKey: payi.apiKey });
});
afterEach(() => payi.close());

async function errorOf(promise: Promise<unknown>): Promise<ManagementError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ManagementError);
  return error as ManagementError;
}

describe('limits', () => {
  it('are created, read, changed, reset and deleted', async () => {
    const { limits } = management;
    const created = await limits.create({
      limitId: 'team/a b',
      limitName: 'Team',
      max: 5,
      limitType: 'allow',
      threshold: 0.9,
    });
    expect(created).toMatchObject({
      limitId: 'team/a b',
      limitName: 'Team',
      max: 5,
      limitType: 'allow',
      threshold: 0.9,
      totals: { cost: { total: { base: 0 } }, requests: { blockedExternal: 0, total: 0 } },
    });
    expect(await limits.get('team/a b')).toEqual(created);
    expect(await limits.update('team/a b', { max: 7 })).toMatchObject({ max: 7, limitName: 'Team' });
    await limits.setProperties('team/a b', { cost_center: '12', costCenter: '13' });
    expect(await limits.get('team/a b')).toMatchObject({
      properties: { cost_center: '12', costCenter: '13' },
    });
    await limits.reset('team/a b');
    await limits.delete('team/a b');
    expect(await errorOf(limits.get('team/a b'))).toMatchObject({ code: 'limit_not_found', status: 404 });
  });

  it('are listed page by page, as they are read', async () => {
    for (let index = 0; index < 7; index += 1) {
      await management.limits.create({ limitId: `l-${index}`, limitName: `L ${index}`, max: index });
    }
    const asked = payi.requests.length;
    const listed = await all(management.limits.list({ limit: 3 }));
    expect(listed.map(({ limitId }) => limitId)).toEqual(['l-0', 'l-1', 'l-2', 'l-3', 'l-4', 'l-5', 'l-6']);
    expect(payi.requests.length - asked).toBe(3);
    for await (const { limitId } of management.limits.list({ limit: 3, sortAscending: false })) {
      expect(limitId).toBe('l-6');
      break;
    }
    expect(payi.requests.length - asked).toBe(4);
    expect(await all(management.limits.list({ limitName: 'L 5' }))).toMatchObject([{ limitId: 'l-5' }]);
  });
});

it('use cases, KPIs, instances and scores', async () => {
  const { useCases, kpis, instances } = management;
  await useCases.create({ name: 'support_chat', description: 'Answers customers' });
  await useCases.update('support_chat', { description: 'Helps customers', loggingEnabled: false });
  await useCases.setLimit('support_chat', { max: 3 });
  expect(await useCases.get('support_chat')).toMatchObject({
    name: 'support_chat',
    description: 'Helps customers',
    loggingEnabled: false,
    limitConfig: { max: 3, limitType: 'block' },
    typeVersion: 1,
  });
  await useCases.removeLimit('support_chat');
  expect(await useCases.incrementVersion('support_chat')).toMatchObject({ typeVersion: 2 });
  expect(await all(useCases.list())).toHaveLength(1);
  await kpis.create('support_chat', { name: 'solved', description: 'Solved', goal: 1, kpiType: 'boolean' });
  await kpis.update('support_chat', 'solved', { goal: 0.5 });
  expect(await kpis.get('support_chat', 'solved')).toMatchObject({ goal: 0.5, kpiType: 'boolean' });
  const { useCaseId } = await instances.create('support_chat');
  await instances.setProperties('support_chat', useCaseId, { channel: 'web' });
  await instances.setScore('support_chat', useCaseId, 'solved', true);
  expect(await instances.get('support_chat', useCaseId)).toMatchObject({ properties: { channel: 'web' } });
  expect(await all(instances.scores('support_chat', useCaseId))).toMatchObject([
    { kpiName: 'solved', kpiType: 'boolean', score: 1 },
  ]);
  await kpis.delete('support_chat', 'solved');
  expect(await all(kpis.list('support_chat'))).toEqual([]);
  await instances.delete('support_chat', useCaseId);
  await useCases.delete('support_chat');
  expect(await errorOf(useCases.get('support_chat'))).toMatchObject({ code: 'use_case_not_found' });
});

describe('ensure()', () => {
  const spec = {
    limits: [{ limitId: 'team', max: 100 }],
    useCases: [
      {
        name: 'support_chat',
        kpis: [{ name: 'solved', description: 'Solved', goal: 1, kpiType: 'boolean' as const }],
      },
    ],
  };
  const items = (action: string): object[] => [
    { kind: 'limit', name: 'team', action },
    { kind: 'use case', name: 'support_chat', action },
    { kind: 'KPI', name: 'support_chat/solved', action },
  ];

  it('creates what is missing, once, and then changes nothing', async () => {
    expect(await management.ensure(spec, { dryRun: true })).toEqual(items('created'));
    expect(payi.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(await management.ensure(spec)).toEqual(items('created'));
    const asked = payi.requests.length;
    expect(await management.ensure(spec)).toEqual(items('unchanged'));
    expect(payi.requests.slice(asked).every(({ method }) => method === 'GET')).toBe(true);
  });

  it('updates what differs, and says how', async () => {
    await management.ensure(spec);
    const limits = [{ limitId: 'team', limitName: 'The team', max: 50 }];
    const changes = { limitName: ['team', 'The team'], max: [100, 50] };
    const updated = [{ kind: 'limit', name: 'team', action: 'updated', changes }];
    expect(await management.ensure({ limits }, { dryRun: true })).toEqual(updated);
    expect(await management.limits.get('team')).toMatchObject({ max: 100 });
    expect(await management.ensure({ limits })).toEqual(updated);
    expect(await management.limits.get('team')).toMatchObject({ max: 50, limitName: 'The team' });
    const useCases = [{ name: 'support_chat', description: 'New', limitConfig: { max: 2 } }];
    expect(await management.ensure({ useCases })).toMatchObject([{ action: 'updated' }]);
    expect(await management.ensure({ useCases })).toMatchObject([{ action: 'unchanged' }]);
  });

  it('refuses what Pay-i lets nobody change', async () => {
    await management.ensure(spec);
    const limits = [{ limitId: 'team', max: 100, limitType: 'allow' as const }];
    expect(await errorOf(management.ensure({ limits }))).toMatchObject({
      code: 'cannot_be_changed',
      message: expect.stringContaining('limitType of the limit team'),
    });
  });

  it('is safe from many processes at once', async () => {
    const clients = Array.from({ length: 12 }, () =>
      createManagement({ baseUrl: payi.url, apiKey: payi.apiKey }),
    );
    await Promise.all(clients.map((client) => client.ensure(spec)));
    expect(await all(management.limits.list())).toHaveLength(1);
    expect(await all(management.kpis.list('support_chat'))).toHaveLength(1);
  });
});

describe('scoreKpi()', () => {
  it('scores the use case of the context', async () => {
    await management.ensure({
      useCases: [
        { name: 'chat', kpis: [{ name: 'stars', description: 'Stars', goal: 4, kpiType: 'likert5' }] },
      ],
    });
    const { useCaseId } = await management.instances.create('chat');
    await track({ useCaseName: 'chat', useCaseId }, () => management.scoreKpi({ kpi: 'stars', score: 5 }));
    expect(await all(management.instances.scores('chat', useCaseId))).toMatchObject([
      { kpiName: 'stars', score: 5 },
    ]);
  });

  describe('with a payi on route direct', () => {
    const scoresOf = (useCaseId: string): Promise<object[]> =>
      all(management.instances.scores('chat', useCaseId));
    let onDiagnostic: Mock<(diagnostic: Diagnostic) => void>;
    let direct: Payi;
    beforeEach(async () => {
      onDiagnostic = vi.fn();
      direct = createPayi({
        route: 'direct',
        baseUrl: payi.url,
        apiKey: payi.apiKey,
        onDiagnostic,
        delivery: { minRetryMs: 1, maxRetryMs: 5 },
      });
      const kpi = { name: 'stars', description: 'Stars', goal: 4, kpiType: 'likert5' as const };
      await management.ensure({ useCases: [{ name: 'chat', kpis: [kpi] }] });
    });
    afterEach(() => direct.close({ timeoutMs: 10 }));

    it('queues the score behind the calls of the use case', async () => {
      const scoring = createManagement({ payi: direct });
      const useCaseId = await track({ useCaseName: 'chat' }, async () => {
        observeCall(direct, 'call', getContext()).settle('complete');
        await scoring.scoreKpi({ kpi: 'stars', score: 4 });
        return getContext()?.useCaseId as string;
      });
      expect(direct.stats()).toMatchObject({ queued: 2, sent: 0 });
      expect(await direct.close({ timeoutMs: Number.POSITIVE_INFINITY })).toBe(true);
      expect(await scoresOf(useCaseId)).toMatchObject([{ kpiName: 'stars', score: 4 }]);
      expect(payi.ledger).toMatchObject([{ annotations: { useCaseId } }]);
      expect(onDiagnostic).not.toHaveBeenCalled();
    });

    it('refuses at once what cannot be a score or a name', async () => {
      const scoring = createManagement({ payi: direct });
      const of = { useCaseName: 'chat', useCaseId: 'c-1' };
      for (const score of [Number.NaN, Number.POSITIVE_INFINITY, 'five' as never]) {
        await expect(scoring.scoreKpi({ ...of, kpi: 'stars', score })).rejects.toThrow(TypeError);
        await expect(management.scoreKpi({ ...of, kpi: 'stars', score })).rejects.toThrow(TypeError);
      }
      await expect(scoring.scoreKpi({ ...of, kpi: '..', score: 1 })).rejects.toThrow(TypeError);
      expect(direct.stats()).toMatchObject({ queued: 0 });
    });

    it('reports what Pay-i refuses', async () => {
      const { useCaseId } = await management.instances.create('chat');
      const scoring = createManagement({ payi: direct });
      await scoring.scoreKpi({ useCaseName: 'chat', useCaseId, kpi: 'moons', score: 1 });
      expect(await direct.flush({ timeoutMs: Number.POSITIVE_INFINITY })).toBe(true);
      expect(onDiagnostic).toHaveBeenCalledExactlyOnceWith({
        code: 'DELIVERY_FAILED',
        message: 'Pay-i refused an event: 404, for the score of a KPI',
      });
    });
  });

  it('is sent at once with a payi on route proxy, which gives key and address', async () => {
    const scoring = createManagement({ payi: createPayi({ baseUrl: payi.url, apiKey: payi.apiKey }) });
    const of = { useCaseName: 'chat', useCaseId: 'c-1' };
    expect(await errorOf(scoring.scoreKpi({ ...of, kpi: 'stars', score: 1 }))).toMatchObject({
      code: 'refused',
      status: 404,
      message: expect.stringContaining('There is no use case chat'),
    });
  });

  it('does nothing while Pay-i is switched off, nor does anything else', async () => {
    const off = createManagement({ payi: createPayi({ enabled: false, baseUrl: payi.url }) });
    await off.scoreKpi({ kpi: 'stars', score: 5 });
    expect(await off.ensure({ limits: [{ limitId: 'x', max: 1 }] })).toEqual([]);
    expect(await errorOf(off.limits.get('x'))).toMatchObject({ code: 'disabled' });
    expect(payi.requests).toEqual([]);
  });

  it('refuses a score without a use case', async () => {
    const error = await management.scoreKpi({ kpi: 'stars', score: 5 }).catch((reason: unknown) => reason);
    expect(isPayiError(error)).toBe(true);
    expect((error as Error).message).toContain('track({ useCaseName })');
  });
});

describe('failures', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A server that answers the n-th request as the n-th entry says. */
  async function answering(
    ...answers: (readonly [status: number, body: string, headers?: object])[]
  ): Promise<{
    url: string;
    methods: string[];
  }> {
    const methods: string[] = [];
    server = createServer((request, response) => {
      methods.push(request.method ?? '');
      const [status, body, headers = {}] = answers[methods.length - 1] ?? answers.at(-1) ?? [500, ''];
      response.writeHead(status, headers as Record<string, string>).end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, methods };
  }

  const at = (baseUrl: string): Management => createManagement({ baseUrl, apiKey: 'key', timeoutMs: 5000 });

  it('has the stable code, the status and the message of Pay-i', async () => {
    const wrong = createManagement({ baseUrl: payi.url, apiKey: 'wrong' });
    const error = await errorOf(wrong.limits.get('x'));
    expect(error).toMatchObject({ code: 'invalid_api_key', status: 401, name: 'ManagementError' });
    expect(error.message).not.toContain('wrong');
  });

  it('says that something else than Pay-i answered', async () => {
    const { url } = await answering([404, '<html>Not found</html>']);
    expect(await errorOf(at(url).limits.get('x'))).toMatchObject({
      code: 'not_payi',
      status: 404,
      message: expect.stringContaining(url),
    });
    expect(await errorOf(at(url).ensure({ limits: [{ limitId: 'x', max: 1 }] }))).toMatchObject({
      code: 'not_payi',
    });
  });

  it('does not follow a redirect', async () => {
    const other = await startPayi();
    const { url } = await answering([307, '', { location: `${other.url}/api/v1/limits/x` }]);
    expect(await errorOf(at(url).limits.get('x'))).toMatchObject({ code: 'not_payi', status: 307 });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('repeats what may be repeated', async () => {
    const busy = [503, '{}', { 'retry-after': '0' }] as const;
    const limit = JSON.stringify({ limit: { limit_id: 'x', limit_name: 'x' } });
    const { url, methods } = await answering(busy, busy, [200, limit], busy, [429, '{}'], [201, limit]);
    expect(await at(url).limits.get('x')).toMatchObject({ limitId: 'x' });
    expect(await errorOf(at(url).limits.create({ limitName: 'x', max: 1 }))).toMatchObject({ status: 503 });
    expect(await at(url).limits.create({ limitName: 'x', max: 1 })).toMatchObject({ limitId: 'x' });
    expect(methods).toEqual(['GET', 'GET', 'GET', 'POST', 'POST', 'POST']);
  });

  it('is unreachable without a connection', async () => {
    const { url } = await answering([200, '{}']);
    await new Promise((resolve) => server?.close(resolve));
    expect(await errorOf(at(url).limits.get('x'))).toMatchObject({
      code: 'unreachable',
      status: undefined,
      cause: expect.any(Error),
    });
  });

  it('takes no empty name, which would be another path', async () => {
    for (const name of ['', '.', '..']) {
      await expect(management.limits.delete(name)).rejects.toThrow(TypeError);
    }
    expect(payi.requests).toEqual([]);
  });

  it('refuses a missing key and a malformed address at once', () => {
    expect(() => createManagement({ apiKey: '' })).toThrow('needs a Pay-i application key');
    expect(() => createManagement({ apiKey: 'k', baseUrl: 'api.pay-i.com' })).toThrow('absolute');
  });
});
