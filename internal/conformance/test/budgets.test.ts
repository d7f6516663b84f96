import { setTimeout as sleep } from 'node:timers/promises';
import { type Budgets, type BudgetsOptions, budgets, memoryStore } from '@payi/budgets';
import { isLimitReached, type Route } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { type Provider, providers } from '../src/providers.ts';
import { sdkAge } from '../src/sdks.ts';
import { annotations, ask, errorOf, readAll, Stage } from '../src/stage.ts';
import { surfaces } from '../src/surfaces.ts';

const routes: Route[] = ['proxy', 'direct', 'headers'];

/** Every token costs a dollar, so that all models have a price. */
const price: BudgetsOptions['price'] = (units) => ({
  total: {
    base: Object.values(units).reduce((sum, { input = 0, output = 0 }) => sum + input + output, 0),
  },
});

function budgetOf(max: number): Budgets {
  return budgets({
    store: memoryStore(),
    rules: [{ by: 'accountName', max, per: 'month' }],
    price,
    storeTimeoutMs: 20_000,
  });
}

describe.each(surfaces)(`budgets, $name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);
  const status = async (plugin: Budgets) => {
    await plugin.flush();
    const [first] = await plugin.status(annotations);
    return first;
  };

  it.each(routes)('count what a call cost, and hold nothing after it, route %s', async (route) => {
    const plugin = budgetOf(9_000_000);
    await readAll(await ask(stage.connect(route, { plugins: [plugin] })));
    const { units, cost } = await stage.onlyReceipt();
    // On route `direct` Pay-i's price comes after the call has ended.
    const expected = (route !== 'direct' && cost?.total) || price(units, '', '')?.total.base;
    expect(await status(plugin)).toMatchObject({
      spent: expect.closeTo(expected as number, 8),
      reserved: 0,
      inexactCalls: 0,
    });
  });

  it.each(routes)('refuse a call beyond them: nothing is sent, route %s', async (route) => {
    const asked = stage.provider.headers().length;
    const plugin = budgetOf(1);
    const error = await errorOf(ask(stage.connect(route, { plugins: [plugin] })));
    expect(isLimitReached(error)).toBe(true);
    expect(stage.provider.headers()).toHaveLength(asked);
    expect(await stage.onlyReceipt()).toMatchObject({
      outcome: 'blocked',
      attempts: 0,
      blockedLimitIds: ['accountName/month'],
    });
    expect(await status(plugin)).toMatchObject({ spent: 0, reserved: 0 });
  });

  it.each(routes)(
    'give back what a call reserved that is aborted before it is sent, route %s',
    async (route) => {
      const asked = stage.provider.headers().length;
      const caller = new AbortController();
      const plugin = budgetOf(9_000_000);
      const abort = { name: 'abort', beforeCall: () => sleep(0).then(() => caller.abort()) };
      await errorOf(
        ask(stage.connect(route, { plugins: [plugin, abort] }), 'plain', undefined, caller.signal),
      );
      expect(await status(plugin)).toMatchObject({ spent: 0, reserved: 0 });
      expect(stage.provider.headers()).toHaveLength(asked);
      expect(stage.receipts).toEqual([]);
    },
  );
});
