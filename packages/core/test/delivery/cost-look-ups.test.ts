import { receiptOf, whenSettled } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { settle, settleMany, start, startIngest, untilDone } from './start-delivery.ts';

describe("the cost look-ups of route 'direct'", () => {
  it('has a provisional receipt at once and the final one, with cost and limits, when Pay-i has answered', async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    const response = settle(payi, 'one', { limitIds: ['l1'] });
    expect(receiptOf(response)).toMatchObject({ outcome: 'complete', providerResponseId: 'one' });
    expect(receiptOf(response)?.cost).toBeUndefined();
    expect(receipts).toEqual([]);
    const receipt = await whenSettled(response);
    expect(receipt).toMatchObject({
      cost: { currency: 'usd', total: 0.00021 },
      limits: { l1: 'ok' },
      requestId: server.ledger[0]?.requestId,
      warnings: [],
    });
    expect(receipts).toEqual([receipt]);
    expect(receiptOf(response)).toBe(receipt);
    expect(Object.isFrozen(receipt)).toBe(true);
  });

  it('looks up the cost of 1,500 calls', { timeout: 120_000 }, async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    settleMany(payi, 1500);
    expect(await payi.flush(untilDone)).toBe(true);
    expect(receipts).toHaveLength(1500);
    expect(receipts.filter(({ cost }) => cost?.total === undefined)).toEqual([]);
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(1500);
  });

  it('concludes calls whose cost has not been looked up when it is closed', async () => {
    let asked = 0;
    const baseUrl = await startIngest(({ method }) => {
      if (method === 'POST') return {};
      asked += 1;
      return undefined;
    });
    const { payi, receipts } = await start({}, {}, { baseUrl, onReceipt: true });
    settleMany(payi, 150);
    await expect.poll(() => asked).toBe(100);
    await expect.poll(() => payi.stats().sent).toBe(150);
    expect(await payi.close({ timeoutMs: 1 })).toBe(false);
    expect(receipts.map(({ warnings }) => warnings)).toEqual(
      Array.from({ length: 50 }, () => ['its cost was not asked for']),
    );
  });

  it('looks up no cost that nobody waits for', async () => {
    const { server, payi } = await start();
    settleMany(payi, 5);
    await payi.flush(untilDone);
    expect(server.requests).toHaveLength(1);
  });

  it('looks a cost up three times at most while it is not there', async () => {
    const asked: string[] = [];
    const statuses = [503, 404, 200];
    const idByKey: Record<string, string> = {};
    const baseUrl = await startIngest(({ method, path, body }) => {
      if (method === 'POST') {
        for (const event of JSON.parse(body)) {
          idByKey[event.provider_response_id] = event.properties['system.provider_response_id'];
        }
        return {};
      }
      const [, key = ''] = /([^/]+)\/result$/.exec(path) ?? [];
      const id = idByKey[key] ?? '';
      const earlier = asked.filter((other) => other === id).length;
      asked.push(id);
      const status = id === 'priced' ? (statuses[earlier] ?? 500) : 404;
      return { status, body: { xproxy_result: { cost: { total: { base: 0.5 } } } } };
    });
    const { payi, receipts } = await start({}, {}, { baseUrl, onReceipt: true });
    settle(payi, 'priced');
    settle(payi, 'never priced');
    expect(await payi.flush(untilDone)).toBe(true);
    const costs = Object.fromEntries(receipts.map((one) => [one.providerResponseId, one.cost?.total]));
    expect(costs).toEqual({ priced: 0.5, 'never priced': undefined });
    expect(asked.toSorted()).toEqual([...Array(3).fill('never priced'), ...Array(3).fill('priced')]);
  });
});
