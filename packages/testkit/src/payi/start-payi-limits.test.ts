import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPayi, startPayi } from './start-payi.ts';

let payi: RunningPayi;
beforeEach(async () => {
  payi = await startPayi({ limits: [{ id: 'team', max: 0.001, type: 'block' }] });
});
afterEach(() => payi.close());

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${payi.url}/api/v1/limits${path}`, {
    method,
    headers: { 'xProxy-api-key': payi.apiKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** Reports a call that cost 0.0021 dollars; a blocking limit refuses such reports. */
async function report(limitId: string): Promise<void> {
  const response = await fetch(`${payi.url}/api/v1/ingest`, {
    method: 'POST',
    headers: { 'xProxy-api-key': payi.apiKey, 'xProxy-Limit-IDs': limitId },
    body: JSON.stringify({
      category: 'system.openai',
      resource: 'gpt-4o-mini',
      units: { text: { input: 10_000, output: 1_000 } },
    }),
  });
  expect(response.status).toBe(200);
}

const noRequests = { ok: 0, exceeded: 0, overrun: 0, blocked: 0, blocked_external: 0, failed: 0, total: 0 };

describe('startPayi(), limits', () => {
  it('lets twenty calls at once spend no more than one call beyond a maximum', async () => {
    const openai = createServer(async (_, response) => {
      await sleep(20);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ usage: { prompt_tokens: 100, completion_tokens: 200 } }));
    }).listen(0, '127.0.0.1');
    await once(openai, 'listening');
    const { port } = openai.address() as { port: number };
    await using proxy = await startPayi({
      upstream: `http://127.0.0.1:${port}`,
      limits: [{ id: 'shared', max: 0.01, type: 'block' }],
    });
    const call = async (): Promise<number> => {
      const response = await fetch(`${proxy.url}/api/v1/proxy/openai/v1/chat/completions`, {
        method: 'POST',
        headers: {
          'xProxy-api-key': proxy.apiKey,
          'xProxy-Limit-IDs': 'shared',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ model: 'gpt-4o', max_tokens: 200, messages: [] }),
      });
      await response.text();
      return response.status;
    };
    const statuses = await Promise.all(Array.from({ length: 20 }, call));
    const costUsd = 0.00225;
    const passed = statuses.filter((status) => status === 200).length;
    expect(passed).toBeGreaterThan(1);
    expect(proxy.limit('shared')?.spent).toBeCloseTo(passed * costUsd, 9);
    expect(proxy.limit('shared')?.spent).toBeLessThan(0.01 + costUsd);
    openai.closeAllConnections();
    openai.close();
  });

  it('refuses requests without the key', async () => {
    const response = await fetch(`${payi.url}/api/v1/limits/team`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ xproxy_error: { code: 'invalid_api_key' } });
  });

  it('makes a limit, once', async () => {
    const body = { limit_id: 'new', limit_name: 'New', max: 5, limit_type: 'allow', threshold: 0.8 };
    const created = await request('POST', '', body);
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({
      request_id: expect.any(String),
      limit: {
        ...body,
        limit_creation_timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        limit_update_timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        totals: {
          cost: { input: { base: 0 }, output: { base: 0 }, total: { base: 0 } },
          requests: noRequests,
        },
      },
    });
    expect((await request('POST', '', body)).status).toBe(200);
    const differs = await request('POST', '', { ...body, max: 6 });
    expect(differs.status).toBe(400);
    expect(await differs.json()).toMatchObject({ xproxy_error: { code: 'duplicate_limit_id' } });
    expect(payi.limit('new')).toEqual({ id: 'new', max: 5, spent: 0, state: 'ok' });
  });

  it('makes an id for a limit that blocks, if nothing else is said', async () => {
    const { limit } = (await (await request('POST', '', { limit_name: 'New', max: 0 })).json()) as {
      limit: { limit_id: string };
    };
    expect(limit).toMatchObject({ limit_id: expect.stringMatching(/^[\da-f-]{36}$/), limit_type: 'block' });
  });

  it('shows what was spent and how the calls stood', async () => {
    await request('POST', '', { limit_id: 'soft', limit_name: 'Soft', max: 0.003, limit_type: 'allow' });
    await report('soft');
    await report('soft');
    expect(await (await request('GET', '/soft')).json()).toMatchObject({
      limit: {
        limit_id: 'soft',
        totals: {
          cost: { input: { base: 0.003 }, output: { base: 0.0012 }, total: { base: 0.0042 } },
          requests: { ...noRequests, ok: 1, overrun: 1, total: 2 },
        },
      },
    });
  });

  it('raises a maximum and keeps what was spent', async () => {
    await request('POST', '', { limit_id: 'soft', limit_name: 'Soft', max: 0.001, limit_type: 'allow' });
    await report('soft');
    expect(payi.limit('soft')?.state).toBe('overrun');
    const changed = await request('PUT', '/soft', { max: 1 });
    expect(await changed.json()).toMatchObject({ limit: { limit_name: 'Soft', max: 1 } });
    expect(payi.limit('soft')).toEqual({ id: 'soft', max: 1, spent: 0.0021, state: 'ok' });
  });

  it('removes a limit', async () => {
    expect((await request('DELETE', '/team')).status).toBe(200);
    const gone = await request('GET', '/team');
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ xproxy_error: { code: 'limit_not_found' } });
    expect(payi.limit('team')).toBeUndefined();
  });

  it.each([
    ['POST', '', 'no json', 'create_limit_validation_failed'],
    ['POST', '', { max: 1 }, 'create_limit_validation_failed'],
    ['POST', '', { limit_name: 'a', max: -1 }, 'invalid_max_limit'],
    ['POST', '', { limit_name: 'a', max: 1, limit_type: 'stop' }, 'create_limit_validation_failed'],
    ['POST', '', { limit_name: 'a', max: 1, threshold: 0.5 }, 'create_limit_validation_failed'],
    ['POST', '', { limit_name: 'team', max: 1 }, 'limit_name_already_exist'],
    ['PUT', '/team', { max: '1' }, 'invalid_max_limit_update'],
    ['PUT', '/team', { limit_name: '' }, 'update_limit_validation_failed'],
    ['PUT', '/team', 'no json', 'update_limit_validation_failed'],
  ])('refuses %s %s with %j', async (method, path, body, code) => {
    const response = await request(method, path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ xproxy_error: { code } });
    expect(payi.limit('team')).toEqual({ id: 'team', max: 0.001, spent: 0, state: 'ok' });
  });

  it('says which methods there are', async () => {
    const response = await request('PATCH', '/team', {});
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'DELETE, GET, PUT']);
  });
});
