/** How long a budget lasts. Windows begin at the full hour, day or month in UTC. */
export type Period = 'hour' | 'day' | 'month';

/** One budget that a call counts against. Amounts are whole nano-dollars, up to `Number.MAX_SAFE_INTEGER`. */
export interface Charge {
  /** Names the budget in the store. It is the same in all processes that share it. */
  readonly key: string;
  readonly per: Period;
  readonly max: number;
}

/** A budget without room for a call. */
export interface Shortage {
  /** Its place in the list of charges. */
  readonly index: number;
  readonly spent: number;
  readonly reserved: number;
}

/** What a budget holds in one window. */
export interface WindowTotals {
  /** Its number: hours or days since 1970, or months since the year 0, in UTC by the clock of the store. */
  readonly window: number;
  readonly spent: number;
  readonly reserved: number;
  /** Calls that were counted by an estimate, because what they cost is unknown. */
  readonly inexactCalls: number;
}

/**
 * Keeps budgets. A call is counted in the window in which it reserved. Every function is one atomic step over all charges,
 * and may run again for the same call without effect. It may return a promise; a call does not wait for anything else.
 */
export interface BudgetStore {
  /**
   * Reserves an amount in all budgets, or in none if one of them is short: if the amount does not fit beside what is spent
   * and reserved, or all is spent. Reserving again for the same call only extends its lease. After {@link settle} it has
   * no effect.
   *
   * @param id - Of the call, unique.
   * @param leaseMs - After this time the reservation ends by itself.
   * @param isForced - Reserves although budgets are short.
   * @returns The budgets that are short.
   */
  reserve(
    id: string,
    charges: readonly Charge[],
    amount: number,
    leaseMs: number,
    isForced: boolean,
  ): readonly Shortage[] | PromiseLike<readonly Shortage[]>;
  /**
   * Ends the reservation of a call, also one that was never made or has expired, and adds what the call cost. Once per
   * call, for at least an hour.
   */
  settle(id: string, charges: readonly Charge[], amount: number, isInexact: boolean): unknown;
  /** @returns For each budget the window of now, then earlier ones; 32 are kept. */
  read(
    charges: readonly Charge[],
    windowCount: number,
  ): readonly (readonly WindowTotals[])[] | PromiseLike<readonly (readonly WindowTotals[])[]>;
}

/** How many windows of a budget a store keeps. */
export const keptWindows = 32;

/** How long a store remembers that a call is settled. */
export const settledForMs = 3_600_000;

const periodMs = { hour: 3_600_000, day: 86_400_000 } as const;

export const periods: readonly Period[] = ['hour', 'day', 'month'];

/** @returns The number of the window that a time is in. */
export function windowOf(per: Period, time: number): number {
  if (per !== 'month') return Math.floor(time / periodMs[per]);
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** @returns When a window begins: ISO 8601, UTC. */
export function startOf(per: Period, window: number): string {
  const time = per === 'month' ? Date.UTC(Math.floor(window / 12), window % 12) : window * periodMs[per];
  return new Date(time).toISOString();
}
