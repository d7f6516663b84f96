import { setTimeout as sleep } from 'node:timers/promises';
import { createHeaders, createPayi, isLimitReached, type Receipt, type Route, receiptOf } from '@payi/core';
import { withPayi } from '@payi/openai';
import OpenAI from 'openai';
import { renderPage } from 'payi-report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatEvents, completion, response } from '../../openai/test/answers.ts';
import { type Provider, startProvider } from '../../openai/test/provider.ts';
import {
  type BudgetStore,
  type Budgets,
  type BudgetsOptions,
  type BudgetWarning,
  budgets,
  memoryStore,
} from '../src/index.ts';

/** What the provider's answer costs: 60 and 40 cached tokens in, 50 out, at 2.5, 1.25 and 10 USD for a million. */
const costUsd = 0.0007;
const maxTokens = 1000;
const request = {
  model: 'gpt-4o',
  max_tokens: maxTokens,
  messages: [{ role: 'user' as const, content: 'hello' }],
};
const boundUsd = (Buffer.byteLength(JSON.stringify(request)) * 2.5 + maxTokens * 10) / 1e6;
const rules = [{ by: 'accountName', max: 5, per: 'month' }] as const;
const headers = createHeaders({ accountName: 'acme' });

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

function connect(options: Partial<BudgetsOptions> = {}, route: Route = 'headers') {
  const warnings: BudgetWarning[] = [];
  const receipts: Receipt[] = [];
  const plugin = budgets({
    store: memoryStore(),
    rules,
    // Far beyond what a busy machine needs.
    storeTimeoutMs: 20_000,
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  const payi = createPayi({
    route,
    apiKey: 'key',
    // Nobody listens there.
    baseUrl: 'http://127.0.0.1:9',
    plugins: [plugin],
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: () => {},
  });
  const plain = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1` });
  const client = withPayi(plain, { payi });
  const ask = (more: object = {}, account = headers) =>
    client.chat.completions.create(
      { ...request, ...more },
      { headers: account },
    ) as Promise<OpenAI.ChatCompletion>;
  return { plugin, warnings, receipts, client, ask, payi };
}

async function amounts(plugin: Budgets, key = 'acme'): Promise<number[][]> {
  await plugin.flush();
  return (await plugin.status(key)).map(({ spent, reserved }) => [spent, reserved]);
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

type State = 'up' | 'silent' | 'failing' | 'throwing';

/** A memory store behind a connection that can be out of order. */
function fragileStore(): BudgetStore & { state: State; reserved: string[] } {
  const store = memoryStore();
  const fragile = {
    state: 'up' as State,
    reserved: [] as string[],
    settle: (...all: Parameters<BudgetStore['settle']>) => reach(() => store.settle(...all)),
    reserve(...all: Parameters<BudgetStore['reserve']>) {
      fragile.reserved.push(all[0]);
      return reach(() => store.reserve(...all));
    },
    read: (...all: Parameters<BudgetStore['read']>) => reach(() => store.read(...all)),
  };
  const reach = <Answer>(work: () => Answer | PromiseLike<Answer>): Promise<Answer> => {
    if (fragile.state === 'throwing') throw new Error('not connected');
    if (fragile.state === 'failing') return Promise.reject(new Error('connection refused'));
    return fragile.state === 'silent' ? new Promise(() => {}) : Promise.resolve().then(work);
  };
  return fragile;
}

describe('budgets()', () => {
  it('reserves what a call costs at most, and counts what it did cost, before Pay-i has answered', async () => {
    const { plugin, client, receipts } = connect({}, 'direct');
    const paused = gate();
    provider.answerWith({
      events: chatEvents(['Hi'], true),
      pace: (index) => (index === 1 ? paused.opened : Promise.resolve()),
    });
    const streaming = { ...request, stream: true as const, stream_options: { include_usage: true } };
    const stream = await client.chat.completions.create(streaming, { headers });
    const bytes = Buffer.byteLength(JSON.stringify(streaming));
    expect(await amounts(plugin)).toEqual([[0, (bytes * 2.5 + maxTokens * 10) / 1e6]]);
    paused.open();
    for await (const _ of stream);
    expect(await amounts(plugin)).toEqual([[costUsd, 0]]);
    expect(receipts).toEqual([]);
  });

  it('refuses a call beyond a budget: nothing is sent, and its error and receipt say why', async () => {
    const { plugin, ask, receipts } = connect({ rules: [{ by: 'accountName', max: 0.01, per: 'day' }] });
    provider.answerWith({ json: completion });
    const error = await ask().catch((caught: unknown) => caught as Error);
    expect(isLimitReached(error)).toBe(true);
    expect(String((error as Error).message)).toContain('budget accountName/day has 0.01 USD');
    expect(String((error as Error).message)).not.toContain('acme');
    expect(receiptOf(error)).toMatchObject({ outcome: 'blocked', blockedLimitIds: ['accountName/day'] });
    expect(receipts).toHaveLength(1);
    expect(provider.requests).toHaveLength(0);
    expect(await amounts(plugin)).toEqual([[0, 0]]);
  });

  it('lets as many calls out at once as have room, and the others when there is room again', async () => {
    const { plugin, ask } = connect({ rules: [{ by: 'accountName', max: boundUsd * 3.5, per: 'month' }] });
    provider.answerWith({ json: completion });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ask()));
    const sent = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(sent).toBe(3);
    expect(provider.requests).toHaveLength(3);
    expect(await amounts(plugin)).toEqual([[expect.closeTo(3 * costUsd, 9), 0]]);
    await ask();
    expect(provider.requests).toHaveLength(4);
  });

  it('counts a call against every rule that applies, and no other', async () => {
    const { plugin, ask } = connect({
      rules: [
        { max: 100, per: 'month' },
        { by: 'accountName', max: 5, per: 'day' },
        { by: ['accountName', 'userId'], max: 1, per: 'month' },
        { by: 'resource', max: 50, per: 'day', id: 'by model' },
      ],
    });
    provider.answerWith({ json: completion });
    await ask();
    await ask({}, createHeaders({ accountName: 'acme', userId: 'u-1' }));
    await ask({}, createHeaders({ userId: 'u-1' }));
    await plugin.flush();
    const spent = async (key: Parameters<Budgets['status']>[0]) =>
      (await plugin.status(key)).map(({ ruleId, key, spent }) => [ruleId, key, Math.round(spent / costUsd)]);
    expect(await spent({ accountName: 'acme', userId: 'u-1', resource: 'gpt-4o' })).toEqual([
      ['all/month', '', 3],
      ['accountName/day', 'acme', 2],
      ['accountName+userId/month', '["acme","u-1"]', 1],
      ['by model', 'gpt-4o', 3],
    ]);
    expect(await spent('gpt-4o')).toEqual([
      ['all/month', '', 3],
      ['accountName/day', 'gpt-4o', 0],
      ['by model', 'gpt-4o', 3],
    ]);
  });

  it('lets a call go out at once if its store answers at once', async () => {
    const { plugin } = connect();
    const body = JSON.stringify(request);
    const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o', annotations: {}, body };
    const annotations = { accountName: 'acme' };
    expect(plugin.beforeCall?.({ ...call, annotations })).toBeUndefined();
    expect(await amounts(plugin)).toEqual([[0, boundUsd]]);
  });

  it('reserves once for a call that its SDK retries', async () => {
    const store = fragileStore();
    const { plugin, ask } = connect({ store });
    const overloaded = { status: 503, json: { error: {} }, headers: { 'retry-after-ms': '1' } };
    provider.answerWith(overloaded, overloaded, { json: completion });
    await ask();
    expect(provider.requests).toHaveLength(3);
    expect(store.reserved).toHaveLength(1);
    expect(await amounts(plugin)).toEqual([[costUsd, 0]]);
  });

  it('gives back what a failed call reserved', async () => {
    const { plugin, ask } = connect();
    provider.answerWith({ status: 400, json: { error: { message: 'no' } } });
    await expect(ask()).rejects.toThrow();
    expect(await amounts(plugin)).toEqual([[0, 0]]);
  });

  it('gives back what a call reserved that the caller aborts', async () => {
    const { plugin, client } = connect();
    provider.answerWith({ silence: true });
    const abort = new AbortController();
    const asked = client.chat.completions.create(request, { headers, signal: abort.signal, maxRetries: 0 });
    await expect.poll(() => provider.requests.length).toBe(1);
    expect(await amounts(plugin)).toEqual([[0, boundUsd]]);
    abort.abort();
    await expect(asked).rejects.toThrow();
    // An abort may be a timeout of the SDK, which would try again.
    await expect.poll(() => amounts(plugin)).toEqual([[0, 0]]);
  });

  it('counts the most that a call can cost if its answer does not say it', async () => {
    const { plugin, ask } = connect();
    provider.answerWith({ json: { ...completion, usage: undefined } });
    await ask();
    expect(await amounts(plugin)).toEqual([[boundUsd, 0]]);
    expect(await plugin.status('acme')).toMatchObject([{ inexactCalls: 1 }]);
  });

  it('counts an answer that is begun in the background once, when it begins', async () => {
    const { plugin, client, receipts } = connect();
    provider.answerWith(
      { json: { ...response, status: 'queued', output: [], usage: null } },
      { json: response },
    );
    const begin = { model: 'gpt-4o', input: 'hello', max_output_tokens: 1000, background: true };
    await client.responses.create(begin, { headers });
    const bound = (Buffer.byteLength(JSON.stringify(begin)) * 2.5 + 1000 * 10) / 1e6;
    expect(await amounts(plugin)).toEqual([[bound, 0]]);
    await client.responses.retrieve('resp_1');
    await expect.poll(() => receipts.length).toBe(2);
    expect(await amounts(plugin)).toEqual([[bound, 0]]);
    expect(await plugin.status('acme')).toMatchObject([{ inexactCalls: 1 }]);
  });

  it('counts what another model did for an answer', async () => {
    const { plugin, ask, receipts } = connect();
    provider.answerWith({ json: completion });
    await ask();
    const [receipt] = receipts as [Receipt];
    plugin.afterCall?.({ ...receipt, resource: 'gpt-4o', providerResponseId: 'chatcmpl-1.1' }, undefined);
    expect(await amounts(plugin)).toEqual([[2 * costUsd, 0]]);
  });

  it('extends the reservation of a stream for as long as it runs', async () => {
    const store = fragileStore();
    const { plugin, client } = connect({ store, leaseMs: 150 });
    const paused = gate();
    provider.answerWith({
      events: chatEvents(['Hi'], true),
      pace: (index) => (index === 1 ? paused.opened : Promise.resolve()),
    });
    const stream = await client.chat.completions.create({ ...request, stream: true }, { headers });
    await expect.poll(() => store.reserved.length).toBeGreaterThan(10);
    expect(new Set(store.reserved).size).toBe(1);
    await expect.poll(async () => (await plugin.status('acme'))[0]?.reserved).toBeGreaterThan(0.01);
    paused.open();
    for await (const _ of stream);
    expect(await amounts(plugin)).toEqual([[costUsd, 0]]);
  });

  it('does not extend what is not reserved yet', async () => {
    const store = memoryStore();
    const paused = gate();
    let reserved = 0;
    const reserve: BudgetStore['reserve'] = async (...all) => {
      reserved += 1;
      await paused.opened;
      return store.reserve(...all);
    };
    const { ask } = connect({
      store: { ...store, reserve },
      leaseMs: 30,
      rules: [{ by: 'accountName', max: 0, per: 'day' }],
    });
    const asked = ask();
    await sleep(100);
    paused.open();
    await expect(asked).rejects.toThrow('accountName/day');
    expect(reserved).toBe(1);
  });

  it.each(['warn', 'observe'] as const)('sends every call with mode %s', async (mode) => {
    const { plugin, ask, warnings } = connect({ mode, rules: [{ by: 'accountName', max: 0, per: 'month' }] });
    provider.answerWith({ json: completion });
    await ask();
    expect(await amounts(plugin)).toEqual([[costUsd, 0]]);
    const told = { code: 'LIMIT_REACHED', ruleId: 'accountName/month', key: 'acme' };
    expect(warnings).toEqual(mode === 'warn' ? [expect.objectContaining(told)] : []);
  });

  it.each(['silent', 'failing', 'throwing'] as const)(
    'sends calls while the store is %s, and counts them later',
    async (state) => {
      const store = fragileStore();
      const { plugin, ask, warnings } = connect({ store, storeTimeoutMs: 20 });
      provider.answerWith({ json: completion });
      store.state = state;
      await ask();
      await ask();
      expect(await plugin.flush()).toBe(false);
      expect(warnings.map(({ code }) => code)).toEqual(['STORE_DOWN']);
      store.state = 'up';
      await ask();
      await expect.poll(() => amounts(plugin)).toEqual([[expect.closeTo(3 * costUsd, 9), 0]]);
      expect(await plugin.flush()).toBe(true);
    },
  );

  it('refuses calls while the store is down if it is told to, but only to enforce', async () => {
    const store = fragileStore();
    store.state = 'silent';
    const options = { store, storeTimeoutMs: 20, onStoreDown: 'closed' } as const;
    const { ask } = connect(options);
    provider.answerWith({ json: completion });
    const error = await ask().catch((caught: unknown) => caught);
    expect(isLimitReached(error)).toBe(true);
    expect(provider.requests).toHaveLength(0);
    await connect({ ...options, mode: 'warn' }).ask();
    expect(provider.requests).toHaveLength(1);
  });

  it('says that it has no price, and counts the call', async () => {
    const { plugin, ask, warnings } = connect();
    provider.answerWith({ json: { ...completion, model: 'house-model' } });
    await ask({ model: 'house-model' });
    await ask({ model: 'house-model' });
    expect(warnings).toMatchObject([
      { code: 'UNKNOWN_PRICE', message: expect.stringContaining('system.openai, house-model') },
    ]);
    expect(await amounts(plugin)).toEqual([[0, 0]]);
    expect(await plugin.status('acme')).toMatchObject([{ inexactCalls: 2 }]);
  });

  it('takes prices of its own, and refuses calls without one if it is told to', async () => {
    const { plugin, ask } = connect({
      onUnknownPrice: 'closed',
      price: ({ text = {} }, _, resource) =>
        resource === 'house-model' ? { total: { base: (text.output ?? 0) / 1000 } } : undefined,
    });
    provider.answerWith({ json: { ...completion, model: 'house-model' } });
    await ask({ model: 'house-model' });
    expect(await amounts(plugin)).toEqual([[0.03, 0]]);
    expect(isLimitReached(await ask().catch((caught: unknown) => caught))).toBe(true);
    expect(provider.requests).toHaveLength(1);
  });

  it('shows a budget and its earlier windows', async () => {
    const { plugin, ask } = connect({ rules: [{ by: 'accountName', max: 5, per: 'day' }] });
    provider.answerWith({ json: completion });
    const dayOf = (time: number): string => `${new Date(time).toISOString().slice(0, 10)}T00:00:00.000Z`;
    const before = dayOf(Date.now());
    await ask();
    await plugin.flush();
    const [status] = await plugin.status('acme', { windows: 3 });
    const startsAt = status?.startsAt ?? '';
    expect([before, dayOf(Date.now())]).toContain(startsAt);
    const start = Date.parse(startsAt);
    expect(status).toMatchObject({
      ruleId: 'accountName/day',
      key: 'acme',
      per: 'day',
      max: 5,
      reserved: 0,
      endsAt: dayOf(start + 86_400_000),
    });
    expect(status?.remaining).toBeCloseTo(5 - (status?.spent ?? 0), 9);
    expect(status?.history.map((window) => window.startsAt)).toEqual([
      dayOf(start - 2 * 86_400_000),
      dayOf(start - 86_400_000),
      startsAt,
    ]);
    expect(status?.history.at(-1)).toEqual({ startsAt, spent: status?.spent, reserved: status?.reserved });
  });

  it('shows what is reserved while calls run, also as a page', async () => {
    const { plugin, client } = connect({ rules: [{ by: 'accountName', max: 5, per: 'day' }] });
    const paused = gate();
    const pace = (index: number) => (index === 1 ? paused.opened : Promise.resolve());
    provider.answerWith({ events: chatEvents(['Hi'], true), pace });
    const stream = await client.chat.completions.create({ ...request, stream: true }, { headers });
    const [status] = await plugin.status('acme', { windows: 7 });
    expect(status?.reserved).toBeGreaterThan(0);
    expect(status?.history.at(-1)).toMatchObject({ spent: 0, reserved: status?.reserved });
    const html = renderPage({
      title: 'Budgets',
      note: '',
      periodMs: 86_400_000,
      cells: [],
      limits: (await plugin.status('acme', { windows: 7 })).map((one) => ({ ...one, id: one.ruleId })),
    });
    expect(html).toContain(`"reserved":${status?.reserved}`);
    paused.open();
    for await (const _ of stream);
  });

  it.each<[string, unknown]>([
    ['store must be', { store: {} }],
    ['rules must be a list', { rules: [] }],
    ['rules[0].by must be', { rules: [{ by: 'account', max: 1, per: 'day' }] }],
    ['rules[0].per must be', { rules: [{ max: 1, per: 'week' }] }],
    ['rules[0].max must be', { rules: [{ max: -1, per: 'day' }] }],
    [
      'rules[1] needs an id of its own',
      {
        rules: [
          { max: 1, per: 'day' },
          { max: 2, per: 'day' },
        ],
      },
    ],
    ['mode must be one of enforce, warn, observe', { mode: 'block' }],
    ['onStoreDown must be one of open, closed', { onStoreDown: 'fail' }],
    ['leaseMs must be a positive number', { leaseMs: 0 }],
    ['price must be a function', { price: 1 }],
  ])('refuses options that cannot work: %s', (message, options) => {
    expect(() => budgets({ store: memoryStore(), rules, ...(options as object) })).toThrow(message);
  });
});
