import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Api, createManagement, type Management } from '../src/index.ts';
import { all } from './all.ts';

/** Names that have to be encoded. */
const [limit, useCase, kpi, category, model] = ['team/a', 'chat.v 1', 'stars & more', 'own', 'llama/3 8b'];
const provider = 'system.openai';

let payi: RunningPayi;
let management: Management;
/** What the service made up. */
const made = { instance: '', request: '', resource: '' };

beforeEach(async () => {
  payi = await startPayi({ createLimits: false, createUseCases: false });
  management = createManagement({ baseUrl: payi.url, apiKey: payi.apiKey });
  const { limits, useCases, instances, kpis, resources } = management;
  await limits.create({ limitId: limit, limitName: 'Team A', max: 5 });
  await useCases.create({ name: useCase, description: 'Chat' });
  await kpis.create(useCase, { name: kpi, description: 'Stars', goal: 4, kpiType: 'likert5' });
  made.instance = (await instances.create(useCase)).useCaseId;
  await instances.setScore(useCase, made.instance, kpi, 4);
  const units = { text: { inputPrice: 0.25, outputPrice: 0.5 } };
  made.resource = (await resources.create(category, model, { units })).resourceId;
  await report(provider, 'gpt-4o-mini', 'r/1');
  made.request = payi.ledger[0]?.requestId as string;
});
afterEach(() => payi.close());

/** A call of 2 tokens that gave 4. */
async function report(of: string, resource: string, id: string): Promise<void> {
  const event = {
    category: of,
    resource,
    units: { text: { input: 2, output: 4 } },
    provider_response_id: id,
  };
  const response = await fetch(`${payi.url}/api/v1/ingest/bulk`, {
    method: 'POST',
    headers: { 'xproxy-api-key': payi.apiKey },
    body: JSON.stringify([event]),
  });
  expect(response.status).toBe(200);
}

const inUseCase = '/use_cases/definitions/chat.v%201';
const inInstance = '/use_cases/instances/chat.v%201/:instance';
const inModel = '/categories/own/resources/llama%2F3%208b';

type Row = readonly [
  name: string,
  run: (api: Api) => Promise<unknown> | AsyncIterable<unknown>,
  request: string,
  answer: object | undefined,
];

/** Every function, the request that it makes, and what the local Pay-i answers. */
const rows: readonly Row[] = [
  [
    'limits.create',
    ({ limits }) => limits.create({ limitName: 'B', max: 1 }),
    'POST /limits',
    { limitName: 'B', max: 1, limitType: 'block' },
  ],
  ['limits.get', ({ limits }) => limits.get(limit), 'GET /limits/team%2Fa', { limitId: limit, max: 5 }],
  [
    'limits.list',
    ({ limits }) => limits.list({ limitName: 'Team A', sortAscending: true }),
    'GET /limits?sort_ascending=true&limit_name=Team+A',
    [{ limitId: limit }],
  ],
  [
    'limits.update',
    ({ limits }) => limits.update(limit, { max: 6 }),
    'PUT /limits/team%2Fa',
    { max: 6, limitName: 'Team A' },
  ],
  ['limits.delete', ({ limits }) => limits.delete(limit), 'DELETE /limits/team%2Fa', undefined],
  ['limits.reset', ({ limits }) => limits.reset(limit), 'POST /limits/team%2Fa/reset', undefined],
  [
    'limits.setProperties',
    ({ limits }) => limits.setProperties(limit, { cost_center: '12' }),
    'PUT /limits/team%2Fa/properties',
    undefined,
  ],
  [
    'useCases.create',
    ({ useCases }) => useCases.create({ name: 'b', description: 'B', limitConfig: { max: 2 } }),
    'POST /use_cases/definitions',
    { name: 'b', limitConfig: { max: 2, limitType: 'block' } },
  ],
  ['useCases.get', ({ useCases }) => useCases.get(useCase), `GET ${inUseCase}`, { name: useCase }],
  [
    'useCases.list',
    ({ useCases }) => useCases.list({ useCaseName: 'no such' }),
    'GET /use_cases/definitions?use_case_name=no+such',
    [],
  ],
  [
    'useCases.update',
    ({ useCases }) => useCases.update(useCase, { loggingEnabled: true }),
    `PUT ${inUseCase}`,
    undefined,
  ],
  ['useCases.delete', ({ useCases }) => useCases.delete(useCase), `DELETE ${inUseCase}`, undefined],
  [
    'useCases.setLimit',
    ({ useCases }) => useCases.setLimit(useCase, { max: 1, threshold: 0.8 }),
    `POST ${inUseCase}/limit_config`,
    undefined,
  ],
  [
    'useCases.removeLimit',
    ({ useCases }) => useCases.removeLimit(useCase),
    `DELETE ${inUseCase}/limit_config`,
    undefined,
  ],
  [
    'useCases.incrementVersion',
    ({ useCases }) => useCases.incrementVersion(useCase),
    `POST ${inUseCase}/increment_version`,
    { typeVersion: 2 },
  ],
  [
    'instances.create',
    ({ instances }) => instances.create(useCase),
    'POST /use_cases/instances/chat.v%201',
    { useCaseName: useCase, useCaseId: expect.any(String) },
  ],
  [
    'instances.get',
    ({ instances }) => instances.get(useCase, made.instance),
    `GET ${inInstance}`,
    { useCaseName: useCase, typeVersion: 1 },
  ],
  [
    'instances.delete',
    ({ instances }) => instances.delete(useCase, made.instance),
    `DELETE ${inInstance}`,
    undefined,
  ],
  [
    'instances.setProperties',
    ({ instances }) => instances.setProperties(useCase, made.instance, { channel: 'web' }),
    `PUT ${inInstance}/properties`,
    undefined,
  ],
  [
    'instances.scores',
    ({ instances }) => instances.scores(useCase, made.instance, { kpiName: kpi }),
    `GET ${inInstance}/kpis?kpi_name=stars+%26+more`,
    [{ kpiName: kpi, kpiType: 'likert5', score: 4 }],
  ],
  [
    'instances.setScore',
    ({ instances }) => instances.setScore(useCase, made.instance, kpi, null),
    `PUT ${inInstance}/kpis/stars%20%26%20more`,
    undefined,
  ],
  [
    'kpis.create',
    ({ kpis }) => kpis.create(useCase, { name: 'b', description: 'B', goal: 1, kpiType: 'boolean' }),
    `POST ${inUseCase}/kpis`,
    { name: 'b', goal: 1, kpiType: 'boolean' },
  ],
  [
    'kpis.get',
    ({ kpis }) => kpis.get(useCase, kpi),
    `GET ${inUseCase}/kpis/stars%20%26%20more`,
    { name: kpi, goal: 4 },
  ],
  [
    'kpis.list',
    ({ kpis }) => kpis.list(useCase, { kpiName: kpi }),
    `GET ${inUseCase}/kpis?kpi_name=stars+%26+more`,
    [{ name: kpi, kpiType: 'likert5' }],
  ],
  [
    'kpis.update',
    ({ kpis }) => kpis.update(useCase, kpi, { goal: 3 }),
    `PUT ${inUseCase}/kpis/stars%20%26%20more`,
    undefined,
  ],
  [
    'kpis.delete',
    ({ kpis }) => kpis.delete(useCase, kpi),
    `DELETE ${inUseCase}/kpis/stars%20%26%20more`,
    undefined,
  ],
  [
    'requests.result',
    ({ requests }) => requests.result(made.request),
    'GET /requests/:request/result',
    { xproxyResult: { cost: { currency: 'usd', total: { base: expect.any(Number) } } } },
  ],
  [
    'requests.setProperties',
    ({ requests }) => requests.setProperties(made.request, { a: 'b' }),
    'PUT /requests/:request/properties',
    undefined,
  ],
  [
    'requests.resultOf',
    ({ requests }) => requests.resultOf(provider, 'r/1'),
    'GET /requests/provider/system.openai/r%2F1/result',
    { xproxyResult: { requestId: expect.any(String) } },
  ],
  [
    'requests.setPropertiesOf',
    ({ requests }) => requests.setPropertiesOf(provider, 'r/1', { a: null }),
    'PUT /requests/provider/system.openai/r%2F1/properties',
    undefined,
  ],
  [
    'categories.list',
    ({ categories }) => categories.list({ active: true }),
    'GET /categories?Active=true',
    expect.arrayContaining([{ category: provider }, { category }]),
  ],
  ['categories.delete', ({ categories }) => categories.delete(category), 'DELETE /categories/own', undefined],
  [
    'resources.list',
    ({ resources }) => resources.list(category, model, { active: true }),
    `GET ${inModel}?Active=true`,
    [{ category, resource: model, active: true, units: { text: { inputPrice: 0.25, outputPrice: 0.5 } } }],
  ],
  [
    'resources.get',
    ({ resources }) => resources.get(category, model, made.resource),
    `GET ${inModel}/:resource`,
    { resource: model, startTimestamp: expect.any(String) },
  ],
  [
    'resources.create',
    ({ resources }) => resources.create(category, model, { units: { text: {} }, maxInputUnits: 9 }),
    `POST ${inModel}`,
    { resource: model, maxInputUnits: 9, active: true },
  ],
  [
    'resources.delete',
    ({ resources }) => resources.delete(category, model, made.resource),
    `DELETE ${inModel}/:resource`,
    undefined,
  ],
];

it('has a row for each function', () => {
  const { ensure, scoreKpi, ...groups } = management;
  const names = Object.entries(groups).flatMap(([group, functions]) =>
    Object.keys(functions).map((name) => `${group}.${name}`),
  );
  expect(rows.map(([name]) => name).toSorted()).toEqual(names.toSorted());
});

it.each(rows)('%s()', async (_, run, request, answer) => {
  const before = payi.requests.length;
  const running = run(management);
  const result = running instanceof Promise ? await running : await all(running);
  const asked = payi.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  const [method, path] = request.split(' ');
  const wanted = path?.replace(/:(\w+)/, (_, name: keyof typeof made) => made[name]);
  expect(asked).toEqual([`${method} /api/v1${wanted}`]);
  if (answer === undefined) expect(result).toBeUndefined();
  else expect(result).toMatchObject(answer);
});

it('lists the prices of a provider page by page', async () => {
  const before = payi.requests.length;
  const listed = await all(management.resources.list(provider, undefined, { limit: 50 }));
  expect(payi.requests.length - before).toBe(Math.ceil(listed.length / 50));
  expect(listed.length).toBeGreaterThan(50);
  expect(new Set(listed.map(({ resource }) => resource)).size).toBe(listed.length);
  expect(listed.find(({ resource }) => resource === 'gpt-4o-mini')).toMatchObject({
    units: {
      text: { inputPrice: 0.00000015, outputPrice: 0.0000006 },
      text_cache_read: { inputPrice: 0.000000075 },
    },
  });
});

it('prices calls by the version that has begun last', async () => {
  const units = { text: { inputPrice: 1, outputPrice: 1 } };
  const startTimestamp = new Date(Date.now() + 3_600_000).toISOString();
  await management.resources.create(category, model, { units, startTimestamp });
  const versions = await all(management.resources.list(category, model));
  expect(versions).toMatchObject([{ active: true, endTimestamp: startTimestamp }, { active: false }]);
  await report(category, model, 'r-2');
  const { xproxyResult } = await management.requests.resultOf(category, 'r-2');
  expect(xproxyResult.cost).toMatchObject({
    input: { base: 0.5 },
    output: { base: 2 },
    total: { base: 2.5 },
  });
  await management.resources.delete(category, model);
  await report(category, model, 'r-3');
  expect((await management.requests.resultOf(category, 'r-3')).xproxyResult.cost).toBeUndefined();
});

it.each([
  ['category_not_found', 404, (api: Api) => api.categories.delete('no such')],
  ['category_resource_not_found', 404, (api: Api) => api.resources.delete(provider, 'no such')],
  ['category_resource_not_found', 404, (api: Api) => api.resources.get(category, model, 'no such')],
  ['request_processing_error', 403, (api: Api) => api.resources.delete(provider, 'gpt-4o')],
  ['required_field_missing', 400, (api: Api) => api.resources.create(category, model, { units: {} })],
  ['refused', 404, (api: Api) => api.instances.setScore(useCase, made.instance, 'no such', 1)],
])('rejects with %s (%i)', async (code, status, run) => {
  await expect(run(management)).rejects.toMatchObject({ name: 'ManagementError', code, status });
});
