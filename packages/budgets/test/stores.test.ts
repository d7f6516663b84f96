import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BudgetStore, type Charge, memoryStore, valkeyStore } from '../src/index.ts';
import { windowFunction } from '../src/script.ts';
import { keptWindows, type Period, windowOf } from '../src/store.ts';
import { type Connected, type ConnectedToOne, clients, clusters } from './clients.ts';
import { type RedisServer, serverProgram, startCluster, startRedis, withoutServer } from './redis-server.ts';

const longMs = 60_000;
let number = 0;
/** A budget that nothing was counted against. */
function charge(max: number, per: Period = 'month'): Charge {
  number += 1;
  return { key: `rule/${per}:${number}`, per, max };
}

function isStore(open: () => BudgetStore): void {
  let store: BudgetStore;
  beforeAll(() => {
    store = open();
  });
  const totals = async (...charges: Charge[]): Promise<unknown[]> =>
    (await store.read(charges, 1)).map(([now]) => [now?.spent, now?.reserved, now?.inexactCalls]);
  const reserve = (id: string, charges: Charge[], amount: number, leaseMs = longMs) =>
    store.reserve(id, charges, amount, leaseMs, false);

  it('knows nothing of a new budget', async () => {
    expect(await totals(charge(10))).toEqual([[0, 0, 0]]);
  });

  it('reserves until a budget is full, to the last unit', async () => {
    const budget = charge(10);
    expect(await reserve('full-1', [budget], 4)).toEqual([]);
    expect(await reserve('full-2', [budget], 6)).toEqual([]);
    expect(await reserve('full-3', [budget], 1)).toEqual([{ index: 0, spent: 0, reserved: 10 }]);
    expect(await totals(budget)).toEqual([[0, 10, 0]]);
  });

  it('reserves in all budgets or in none, and names those that are short', async () => {
    const [wide, narrow, narrower] = [charge(100), charge(5), charge(4)];
    expect(await reserve('all-1', [wide, narrow, narrower], 6)).toEqual([
      { index: 1, spent: 0, reserved: 0 },
      { index: 2, spent: 0, reserved: 0 },
    ]);
    expect(await totals(wide, narrow, narrower)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('reserves what does not fit if it is forced, and says so', async () => {
    const budget = charge(5);
    expect(await store.reserve('forced', [budget], 7, longMs, true)).toEqual([
      { index: 0, spent: 0, reserved: 0 },
    ]);
    expect(await totals(budget)).toEqual([[0, 7, 0]]);
  });

  it('counts what a call cost in place of what it reserved', async () => {
    const [one, other] = [charge(10), charge(20)];
    await reserve('settled', [one, other], 8);
    await store.settle('settled', [one, other], 3, false);
    expect(await totals(one, other)).toEqual([
      [3, 0, 0],
      [3, 0, 0],
    ]);
  });

  it('gives back a call that cost nothing', async () => {
    const budget = charge(10);
    await reserve('released', [budget], 10);
    await store.settle('released', [budget], 0, false);
    expect(await totals(budget)).toEqual([[0, 0, 0]]);
    expect(await reserve('released-2', [budget], 10)).toEqual([]);
  });

  it('counts calls of unknown cost', async () => {
    const budget = charge(10);
    await reserve('inexact', [budget], 0);
    await store.settle('inexact', [budget], 0, true);
    expect(await totals(budget)).toEqual([[0, 0, 1]]);
  });

  it('reserves and settles a call once, in whatever order that is repeated', async () => {
    const budget = charge(10);
    await reserve('once', [budget], 8);
    expect(await reserve('once', [budget], 8)).toEqual([]);
    expect(await totals(budget)).toEqual([[0, 8, 0]]);
    await store.settle('once', [budget], 7, true);
    await store.settle('once', [budget], 7, true);
    expect(await store.reserve('once', [budget], 8, longMs, true)).toEqual([]);
    expect(await totals(budget)).toEqual([[7, 0, 1]]);
  });

  it('counts a call that never reserved, beyond the maximum too', async () => {
    const budget = charge(10);
    await store.settle('late', [budget], 14, false);
    expect(await totals(budget)).toEqual([[14, 0, 0]]);
  });

  it('has room for nothing, not even for a call without an amount, once all is spent', async () => {
    const budget = charge(10);
    await store.settle('spent', [budget], 10, false);
    expect(await reserve('spent-2', [budget], 0)).toEqual([{ index: 0, spent: 10, reserved: 0 }]);
    expect(await reserve('none', [charge(0)], 0)).toEqual([{ index: 0, spent: 0, reserved: 0 }]);
  });

  it('gives back a reservation after its lease, and counts what the call cost all the same', async () => {
    const budget = charge(10);
    await reserve('lease', [budget], 10, 30);
    await expect.poll(() => totals(budget)).toEqual([[0, 0, 0]]);
    await store.settle('lease', [budget], 6, false);
    expect(await totals(budget)).toEqual([[6, 0, 0]]);
  });

  it('extends a lease, and reserves again if it has ended', async () => {
    const budget = charge(10);
    await reserve('extended', [budget], 10, 200);
    await store.reserve('extended', [budget], 10, longMs, true);
    await sleep(250);
    expect(await totals(budget)).toEqual([[0, 10, 0]]);
    const other = charge(10);
    await reserve('again', [other], 10, 30);
    await expect.poll(() => totals(other)).toEqual([[0, 0, 0]]);
    await store.reserve('again', [other], 10, longMs, true);
    expect(await totals(other)).toEqual([[0, 10, 0]]);
  });

  it('never exceeds a maximum, however many reserve at once', async () => {
    const [one, other] = [charge(95), charge(1000)];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => reserve(`race-${index}`, [one, other], 10)),
    );
    expect(answers.filter((short) => short.length === 0)).toHaveLength(9);
    expect(await totals(one, other)).toEqual([
      [0, 90, 0],
      [0, 90, 0],
    ]);
  });

  it('is exact up to the largest amounts', async () => {
    const budget = charge(9e15);
    await reserve('large', [budget], 8_999_999_999_999_999);
    await store.settle('large', [budget], 8_999_999_999_999_998, false);
    expect(await reserve('larger', [budget], 3)).toEqual([
      { index: 0, spent: 8_999_999_999_999_998, reserved: 0 },
    ]);
    expect(await reserve('larger', [budget], 2)).toEqual([]);
    expect(await totals(budget)).toEqual([[8_999_999_999_999_998, 2, 0]]);
  });

  it.each<Period>(['hour', 'day', 'month'])('reads windows of a %s, the current one first', async (per) => {
    const budget = charge(10, per);
    const before = windowOf(per, Date.now());
    await store.settle(`window-${per}`, [budget], 3, false);
    const [windows] = await store.read([budget], 3);
    const current = windows?.[0]?.window ?? 0;
    expect([before, windowOf(per, Date.now())]).toContain(current);
    expect(windows?.map(({ window }) => window)).toEqual([current, current - 1, current - 2]);
    expect(windows?.map(({ spent }) => spent).reduce((sum, spent) => sum + spent)).toBe(3);
  });
}

describe('memoryStore()', () => {
  isStore(memoryStore);
});

describe.runIf(serverProgram === undefined)('valkeyStore()', () => {
  it.skipIf(process.env.PAYI_REDIS_SERVER === undefined)(withoutServer, () => {
    expect.fail(withoutServer);
  });
});

describe.runIf(serverProgram !== undefined)('valkeyStore()', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  describe.each(Object.entries(clients))('with %s', (prefix, connect) => {
    let connected: ConnectedToOne;
    beforeAll(async () => {
      connected = await connect(server.port);
    });
    afterAll(() => connected?.close());

    isStore(() => valkeyStore(connected.client, { prefix }));

    it('goes on when the server has forgotten the script', async () => {
      const store = valkeyStore(connected.client, { prefix });
      const budget = charge(10);
      await connected.run('SCRIPT', 'FLUSH');
      expect(await store.reserve('forgotten', [budget], 4, longMs, false)).toEqual([]);
      expect((await store.read([budget], 1))[0]?.[0]?.reserved).toBe(4);
    });

    it('keeps budgets of different prefixes apart', async () => {
      const budget = charge(10);
      await valkeyStore(connected.client, { prefix }).settle('apart', [budget], 4, false);
      const other = valkeyStore(connected.client, { prefix: `${prefix}-2` });
      expect((await other.read([budget], 1))[0]?.[0]?.spent).toBe(0);
    });

    it('deletes by itself what nobody reads any more', async () => {
      const budget = charge(10, 'hour');
      await valkeyStore(connected.client, { prefix: `${prefix}-3` }).settle('gone', [budget], 1, false);
      const keys = (await connected.run('KEYS', `{${prefix}-3}*`)) as string[];
      const ttls = await Promise.all(keys.map((key) => connected.run('TTL', key)));
      expect(ttls.length).toBe(2);
      for (const ttl of ttls) expect(ttl).toBeGreaterThan(0);
    });
  });

  describe.each(Object.entries(clusters))('with a cluster by %s', (prefix, connect) => {
    let node: RedisServer;
    let connected: Connected;
    beforeAll(async () => {
      node = await startCluster();
      connected = await connect(node.port);
    });
    afterAll(async () => {
      connected?.close();
      await node?.stop();
    });

    isStore(() => valkeyStore(connected.client, { prefix }));

    it('asks for all budgets at one node, whatever is in their names', async () => {
      const budgets = ['{a}', '}b{', 'c'].map((value) => ({ ...charge(10), key: `rule/day:${value}` }));
      const store = valkeyStore(connected.client, { prefix });
      expect(await store.reserve('names', budgets, 4, longMs, false)).toEqual([]);
      expect((await store.read(budgets, 1)).map(([now]) => now?.reserved)).toEqual([4, 4, 4]);
    });
  });

  it('finds the same windows as JavaScript does, from 1970 to 2100', async () => {
    const { run, close } = await clients.redis(server.port);
    const times = Array.from({ length: 1600 }, (_, index) => index * 30 * 86_400_000 + index * 1_234_567);
    const edges = [2024, 2025, 2028, 2100].flatMap((year) =>
      [0, 1, 2, 11].flatMap((month) => [Date.UTC(year, month) - 1, Date.UTC(year, month)]),
    );
    const all = [...times, ...edges];
    for (const per of ['hour', 'day', 'month'] as const) {
      const lua = `${windowFunction}
        local out = {}
        for i = 2, #ARGV do out[#out + 1] = windowOf(ARGV[1], tonumber(ARGV[i])) end
        return out`;
      const windows = await run('EVAL', lua, '0', per, ...all.map(String));
      expect(windows).toEqual(all.map((time) => windowOf(per, time)));
    }
    close();
  });

  it(`keeps ${keptWindows} windows, and forgets older ones when a new one begins`, async () => {
    const { client, run, close } = await clients.redis(server.port);
    const store = valkeyStore(client, { prefix: 'windows' });
    const budget = charge(10, 'day');
    const [[current] = []] = await store.read([budget], 1);
    const window = current?.window ?? 0;
    const planted = [1, 5, 31, 32, 40].flatMap((age) => [`u${window - age}`, String(age)]);
    await run('HSET', `{windows}:budget:${budget.key}`, ...planted);
    await store.reserve('new window', [budget], 2, longMs, false);
    const [windows] = await store.read([budget], 32);
    expect(windows?.map(({ spent }) => spent).filter((spent) => spent > 0)).toEqual([1, 5, 31]);
    const fields = (await run('HKEYS', `{windows}:budget:${budget.key}`)) as string[];
    expect(fields.filter((field) => field.startsWith('u'))).toHaveLength(3);
    close();
  });
});
