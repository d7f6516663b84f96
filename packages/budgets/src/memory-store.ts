import { type BudgetStore, keptWindows, settledForMs, type WindowTotals, windowOf } from './store.ts';

interface Lease {
  readonly window: number;
  readonly amount: number;
  endsAt: number;
}

interface Budget {
  readonly windows: Map<number, { spent: number; reserved: number; inexactCalls: number }>;
  readonly leases: Map<string, Lease>;
}

/** Keeps budgets in the memory of this process: for one process, and for tests. */
export function memoryStore(): BudgetStore {
  const budgets = new Map<string, Budget>();
  /** Calls that are settled, and when they may be forgotten: oldest first. */
  const settled = new Map<string, number>();

  const totalsOf = ({ windows }: Budget, window: number) => {
    const known = windows.get(window);
    if (known !== undefined) return known;
    const totals = { spent: 0, reserved: 0, inexactCalls: 0 };
    windows.set(window, totals);
    for (const old of windows.keys()) if (old <= window - keptWindows) windows.delete(old);
    return totals;
  };
  const drop = (budget: Budget, id: string): number | undefined => {
    const lease = budget.leases.get(id);
    if (lease === undefined) return undefined;
    budget.leases.delete(id);
    totalsOf(budget, lease.window).reserved -= lease.amount;
    return lease.window;
  };
  const budgetOf = (key: string, now: number): Budget => {
    let budget = budgets.get(key);
    if (budget === undefined) {
      budget = { windows: new Map(), leases: new Map() };
      budgets.set(key, budget);
    }
    for (const [id, { endsAt }] of budget.leases) if (endsAt <= now) drop(budget, id);
    return budget;
  };

  return {
    reserve(id, charges, amount, leaseMs, isForced) {
      if (settled.has(id)) return [];
      const now = Date.now();
      const wanted = charges.map(({ key, per, max }, index) => {
        const budget = budgetOf(key, now);
        const window = windowOf(per, now);
        const totals = totalsOf(budget, window);
        const { spent, reserved } = totals;
        const isShort = !budget.leases.has(id) && (spent + reserved + amount > max || spent >= max);
        return { index, budget, window, totals, spent, reserved, isShort };
      });
      const short = wanted.filter(({ isShort }) => isShort);
      if (short.length === 0 || isForced) {
        for (const { budget, window, totals } of wanted) {
          const lease = budget.leases.get(id);
          if (lease === undefined) totals.reserved += amount;
          budget.leases.set(id, { window, amount, ...lease, endsAt: now + leaseMs });
        }
      }
      return short.map(({ index, spent, reserved }) => ({ index, spent, reserved }));
    },

    settle(id, charges, amount, isInexact) {
      if (settled.has(id)) return;
      const now = Date.now();
      for (const { key, per } of charges) {
        const budget = budgetOf(key, now);
        const totals = totalsOf(budget, drop(budget, id) ?? windowOf(per, now));
        totals.spent += amount;
        if (isInexact) totals.inexactCalls += 1;
      }
      for (const [old, until] of settled) {
        if (until > now) break;
        settled.delete(old);
      }
      settled.set(id, now + settledForMs);
    },

    read(charges, windowCount) {
      const now = Date.now();
      return charges.map(({ key, per }) => {
        const { windows } = budgetOf(key, now);
        const current = windowOf(per, now);
        return Array.from({ length: windowCount }, (_, age): WindowTotals => {
          const window = current - age;
          return { window, spent: 0, reserved: 0, inexactCalls: 0, ...windows.get(window) };
        });
      });
    },
  };
}
