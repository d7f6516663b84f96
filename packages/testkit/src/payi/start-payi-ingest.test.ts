import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';

let payi: RunningPayi;
beforeEach(async () => {
  payi = await startPayi();
});
afterEach(() => payi.close());

async function restart(options: StartPayiOptions): Promise<void> {
  await payi.close();
  payi = await startPayi(options);
}

async function post(
  endpoint: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${payi.url}/api/v1/ingest${endpoint}`, {
    method: 'POST',
    headers: { 'xProxy-api-key': payi.apiKey, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Asks for the result of an event by its provider id. */
function askFor(id: string): Promise<Response> {
  return fetch(`${payi.url}/api/v1/requests/provider/system.openai/${encodeURIComponent(id)}/result`, {
    headers: { 'xProxy-api-key': payi.apiKey },
  });
}

const event = {
  category: 'system.openai',
  resource: 'gpt-4o-mini',
  units: { text: { input: 1000, output: 100 } },
  http_status_code: 200,
};

describe('startPayi(), ingest', () => {
  it('refuses events without the key', async () => {
    const response = await post('/bulk-upsert', [event], { 'xProxy-api-key': 'other' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      statusCode: 401,
      xproxy_error: { code: 'invalid_api_key' },
    });
    expect(payi.ledger).toEqual([]);
  });

  it('prices one event and says so, annotations taken from its headers', async () => {
    const response = await post(
      '',
      { ...event, properties: { shift: 'night' }, provider_response_id: 'one' },
      { 'xProxy-User-ID': 'u1', 'xProxy-Limit-IDs': 'l1,l2' },
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      xproxy_result: { user_id: 'u1', cost: { total: { base: 0.00021 } }, limits: { l1: { state: 'ok' } } },
    });
    expect(payi.ledger).toMatchObject([
      {
        operation: 'ingest',
        annotations: { userId: 'u1', limitIds: ['l1', 'l2'], requestProperties: { shift: 'night' } },
        providerResponseId: 'one',
      },
    ]);
    expect(payi.limit('l1')?.spent).toBe(0.00021);
  });

  it('counts an event that is upserted twice once, and one that is sent twice in bulk twice', async () => {
    const item = { ...event, provider_response_id: 'one', limit_ids: ['l1'], user_id: 'u1' };
    await post('/bulk-upsert', [item, { ...item, provider_response_id: 'two' }]);
    await post('/bulk-upsert', [{ ...item, units: { text: { input: 2000, output: 200 } } }]);
    expect(
      payi.ledger.map(({ providerResponseId, units }) => [providerResponseId, units.text?.input]),
    ).toEqual([
      ['one', 2000],
      ['two', 1000],
    ]);
    expect(payi.limit('l1')?.spent).toBe(0.00063);
    await post('/bulk', [item]);
    expect(payi.ledger).toHaveLength(3);
  });

  it('tells the result of an event by its provider id', async () => {
    await post('/bulk-upsert', [{ ...event, provider_response_id: 'a/b' }]);
    expect(await (await askFor('a/b')).json()).toMatchObject({
      xproxy_result: { request_id: payi.ledger[0]?.requestId, cost: { currency: 'usd' } },
    });
    expect((await askFor('c')).status).toBe(404);
  });

  it('takes annotations from the members of an event, and repeats them in its result', async () => {
    const members = {
      user_id: 'u',
      account_name: 'a',
      use_case_id: 'i',
      use_case_name: 'n',
      use_case_step: 's',
    };
    const repeated = { request_tags: ['t', 't'], limit_ids: ['l', 'l'] };
    const others = { use_case_version: 0, scope: 'region.us', use_case_properties: { p: null } };
    await post('/bulk-upsert', [
      { ...event, ...members, ...repeated, ...others, properties: { q: 'r' }, provider_response_id: 'one' },
      { ...event, user_id: '', limit_ids: [], account_name: null },
    ]);
    expect(payi.ledger.map(({ annotations }) => annotations)).toEqual([
      {
        userId: 'u',
        accountName: 'a',
        useCaseId: 'i',
        useCaseName: 'n',
        useCaseStep: 's',
        requestTags: ['t'],
        limitIds: ['l'],
        useCaseVersion: 0,
        resourceScope: 'region.us',
        useCaseProperties: { p: null },
        requestProperties: { q: 'r' },
      },
      {},
    ]);
    expect(await (await askFor('one')).json()).toEqual({
      xproxy_result: {
        request_id: payi.ledger[0]?.requestId,
        resource_id: 'gpt-4o-mini',
        ...members,
        request_tags: ['t'],
        limits: { l: { state: 'ok' } },
        cost: expect.any(Object),
      },
    });
  });

  it.each([
    ['no category', { units: {} }, 'required_field_missing'],
    ['a member that Pay-i does not know', { ...event, colour: 'red' }, 'invalid_json'],
    ['half a token', { ...event, units: { text: { input: 0.5 } } }, 'invalid_json'],
    ['more tokens than Pay-i counts', { ...event, units: { text: { input: 2 ** 31 } } }, 'invalid_json'],
    ['a property that is a number', { ...event, properties: { a: 1 } }, 'invalid_json'],
    [
      'a time to come',
      { ...event, event_timestamp: new Date(Date.now() + 600_000).toISOString() },
      'invalid_ingest_event_timestamp',
    ],
    ['no object', 7, 'invalid_json'],
  ])('refuses an event with %s and keeps the rest of the batch', async (_what, bad, code) => {
    const response = await post('/bulk-upsert', [event, bad, event]);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ingest_count: 2,
      error_count: 1,
      errors: [{ item_index: 1, xproxy_result: { statusCode: 400, xproxy_error: { code } } }],
    });
    expect(payi.ledger).toHaveLength(2);
  });

  it('refuses events against limits that block', async () => {
    await restart({ limits: [{ id: 'hard', max: 1, type: 'block' }] });
    const response = await post('/bulk', [{ ...event, limit_ids: ['hard'] }]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ xproxy_result: { xproxy_error: { code: 'blocking_limit_not_allowed' } } }],
    });
  });

  it('plays its faults in turn', async () => {
    const item = (id: string): object => ({ ...event, provider_response_id: id });
    payi.ingestFaults.push(
      { status: 429, retryAfter: 7 },
      { reset: 'before-commit' },
      { reset: 'after-commit' },
      { itemErrors: [{ index: 0, statusCode: 503, code: 'unexpected_error' }] },
      { delayMs: 50 },
    );
    const tooMany = await post('/bulk-upsert', [item('a')]);
    expect([tooMany.status, tooMany.headers.get('retry-after')]).toEqual([429, '7']);
    await expect(post('/bulk-upsert', [item('b')])).rejects.toThrow();
    expect(payi.ledger).toEqual([]);
    await expect(post('/bulk-upsert', [item('c')])).rejects.toThrow();
    expect(await (await post('/bulk-upsert', [item('d'), item('e')])).json()).toMatchObject({
      ingest_count: 1,
    });
    const startedAt = performance.now();
    await post('/bulk-upsert', [item('f')]);
    expect(performance.now() - startedAt).toBeGreaterThan(45);
    expect(payi.ledger.map(({ providerResponseId }) => providerResponseId)).toEqual(['c', 'e', 'f']);
  });

  it('lets a function decide, and lacks the endpoints that it is told to lack', async () => {
    const seen: unknown[] = [];
    await restart({
      ingestEndpoints: ['single'],
      ingestFaults: (request) => {
        seen.push(request);
        return request.index === 0 ? { status: 503 } : undefined;
      },
    });
    expect((await post('/bulk-upsert', [event])).status).toBe(404);
    expect((await post('', event)).status).toBe(503);
    expect((await post('', event)).status).toBe(200);
    expect(seen).toEqual([
      { endpoint: 'single', eventCount: 1, index: 0 },
      { endpoint: 'single', eventCount: 1, index: 1 },
    ]);
  });
});
