import { createHeaders, type Route, receiptOf } from '@payi/core';
import { collectReceipts, track } from '@payi/core/context';
import { describe, expect, it } from 'vitest';
import { type Provider, providers, units } from '../src/providers.ts';
import { sdkAge } from '../src/sdks.ts';
import { ask, errorOf, readAll, Stage } from '../src/stage.ts';
import { surfaces } from '../src/surfaces.ts';

describe.each(surfaces)(`collectReceipts(), $name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);

  it.each<Route>(['proxy', 'direct', 'headers'])(
    'has every call made inside, in order, and its sums, route %s',
    async (route) => {
      const connection = stage.connect(route);
      const call = (userId: string): Promise<object> =>
        track({ userId }, async () => readAll(await ask(connection, 'plain', {})));
      await call('before');
      const outer = await collectReceipts(async () => {
        await call('a');
        const inner = await collectReceipts(() => call('b'));
        await call('c');
        return inner;
      });
      const users = (receipts: readonly { annotations: { userId?: unknown } }[]): unknown[] =>
        receipts.map(({ annotations }) => annotations.userId);
      expect(users(outer.receipts)).toEqual(['a', 'b', 'c']);
      expect(users(outer.result.receipts)).toEqual(['b']);
      const isPriced = route !== 'headers';
      expect(outer.totals).toEqual({
        calls: 3,
        open: 0,
        units: Object.fromEntries(
          Object.entries(units).map(([name, { input, output }]) => [
            name,
            {
              ...(input !== undefined && { input: 3 * input }),
              ...(output !== undefined && { output: 3 * output }),
            },
          ]),
        ),
        cost: {
          known: isPriced
            ? { usd: expect.closeTo(3 * (outer.receipts[0]?.cost?.total ?? Number.NaN), 10) }
            : {},
          unknown: isPriced ? 0 : 3,
        },
      });
      expect(outer.receipts.every((receipt) => stage.receipts.includes(receipt))).toBe(true);
    },
  );

  it('has calls that were blocked or failed, and no call that ended outside', async () => {
    const connection = stage.connect('proxy');
    const limited = createHeaders({ limitIds: ['small'] });
    let later: Promise<object> | undefined;
    const { receipts, totals } = await collectReceipts(async () => {
      await readAll(await ask(connection, 'plain', limited));
      await errorOf(ask(connection, 'plain', limited));
      await errorOf(ask(connection, 'refused'));
      // Begins inside and ends outside.
      later = ask(connection, 'plain').then(readAll);
    });
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['complete', 'blocked', 'failed']);
    expect(totals).toMatchObject({ calls: 3, cost: { known: { usd: expect.any(Number) }, unknown: 1 } });
    await later;
  });

  it('rejects with the error of the function itself', async () => {
    const connection = stage.connect('proxy');
    const error = await errorOf(
      collectReceipts(() => ask(connection, 'refused')).then(({ result }) => result),
    );
    expect(receiptOf(error)).toMatchObject({ outcome: 'failed' });
  });
});
