import type { ReportedCall } from './call.ts';
import { roundUsd } from './price.ts';

/** What calls can be grouped by. */
export const dimensions = ['useCase', 'user', 'account', 'limit', 'model', 'provider'] as const;
/** What calls can be grouped by. */
export type Dimension = (typeof dimensions)[number];

/** Sums over calls. */
export interface Sums {
  calls: number;
  blocked: number;
  failed: number;
  /** Complete or partial calls without a known price. The true cost is higher. */
  unpriced: number;
  /** Calls whose counts are estimates. */
  estimated: number;
  /** Tokens of all kinds that were read. */
  input: number;
  /** Tokens of all kinds that were written. */
  output: number;
  /** In US dollars. */
  cost: number;
}

/** Calls of one period that have everything in common that they can be grouped by. */
export interface Cell extends Sums {
  /** Begin of the period, in milliseconds since 1970. */
  readonly at: number;
  readonly useCase: string;
  readonly user: string;
  readonly account: string;
  readonly limits: readonly string[];
  readonly model: string;
  readonly provider: string;
}

/** Stands for the users, accounts and so on beyond what fits into memory. */
export const others = '(others)';

const noSums: Sums = {
  calls: 0,
  blocked: 0,
  failed: 0,
  unpriced: 0,
  estimated: 0,
  input: 0,
  output: 0,
  cost: 0,
};

/** Adds calls up, in bounded memory. */
export class Tally {
  readonly #cells = new Map<string, Cell>();
  readonly #periodMs: number;
  readonly #mostCells: number;

  /**
   * @param periodMs - Calls within one such period are added up: a minute, or a day.
   * @param mostCells - Beyond it, new users become `(others)`; beyond twice as many, accounts and limits do, too.
   */
  constructor(periodMs: number, mostCells: number) {
    this.#periodMs = periodMs;
    this.#mostCells = mostCells;
  }

  get cells(): Cell[] {
    return [...this.#cells.values()].sort((one, other) => one.at - other.at);
  }

  /** Whether users were added up as `(others)`. */
  get isCut(): boolean {
    return this.#cells.size >= this.#mostCells;
  }

  /** Adds one call. */
  add(call: ReportedCall): void {
    const at = Math.floor(call.at / this.#periodMs) * this.#periodMs;
    const { useCase = '', user = '', account = '', limits, model, provider } = call;
    const cell = this.#cell({ at, useCase, user, account, limits, model, provider });
    addSums(cell, sumsOf(call));
  }

  #cell(key: Omit<Cell, keyof Sums>): Cell {
    const found = this.#cells.get(textOf(key));
    if (found !== undefined) return found;
    let kept = key;
    if (this.isCut) kept = { ...kept, user: others };
    if (this.#cells.size >= 2 * this.#mostCells) kept = { ...kept, account: others, limits: [] };
    const cell = this.#cells.get(textOf(kept)) ?? { ...kept, ...noSums };
    this.#cells.set(textOf(kept), cell);
    return cell;
  }
}

function textOf({ at, useCase, user, account, limits, model, provider }: Omit<Cell, keyof Sums>): string {
  return JSON.stringify([at, useCase, user, account, limits, model, provider]);
}

function sumsOf({ outcome, units, cost, isEstimated }: ReportedCall): Sums {
  let [input, output] = [0, 0];
  for (const name in units) {
    // Searches and checks of guardrails are not tokens.
    if (/request|guardrail/.test(name)) continue;
    input += units[name]?.input ?? 0;
    output += units[name]?.output ?? 0;
  }
  const isAnswered = outcome === 'complete' || outcome === 'partial';
  return {
    calls: 1,
    blocked: outcome === 'blocked' ? 1 : 0,
    failed: outcome === 'failed' ? 1 : 0,
    unpriced: isAnswered && cost === undefined ? 1 : 0,
    estimated: isEstimated ? 1 : 0,
    input,
    output,
    cost: cost ?? 0,
  };
}

function addSums(to: Sums, more: Sums): void {
  for (const name in noSums) {
    const member = name as keyof Sums;
    to[member] = member === 'cost' ? roundUsd(to.cost + more.cost) : to[member] + more[member];
  }
}

/** A line of a table. */
export interface Group extends Sums {
  /** One value for each dimension; empty for calls without one. */
  readonly key: readonly string[];
}

const mostGroups = 200_000;

/** Groups calls. A call with several limits is in the group of each. */
export class Groups {
  readonly #by: readonly Dimension[];
  readonly #groups = new Map<string, Group>();
  /** Each call once. */
  readonly total: Sums = { ...noSums };

  constructor(by: readonly Dimension[]) {
    this.#by = by;
  }

  add(call: ReportedCall): void {
    const sums = sumsOf(call);
    addSums(this.total, sums);
    for (const key of keysOf(call, this.#by)) {
      const isFull = this.#groups.size >= mostGroups && !this.#groups.has(JSON.stringify(key));
      const kept = isFull ? key.map(() => others) : key;
      const text = JSON.stringify(kept);
      const group = this.#groups.get(text) ?? { key: kept, ...noSums };
      this.#groups.set(text, group);
      addSums(group, sums);
    }
  }

  /** Calls that nobody is named for first, then the most expensive. */
  get all(): Group[] {
    const isNamed = ({ key }: Group): number => Number(!key.includes(''));
    return [...this.#groups.values()].sort(
      (one, other) => isNamed(one) - isNamed(other) || other.cost - one.cost || other.calls - one.calls,
    );
  }
}

function keysOf(call: ReportedCall, by: readonly Dimension[]): string[][] {
  let keys: string[][] = [[]];
  for (const dimension of by) {
    const { limits } = call;
    const values = dimension !== 'limit' ? [call[dimension] ?? ''] : limits.length > 0 ? limits : [''];
    keys = keys.flatMap((key) => values.map((value) => [...key, value]));
  }
  return keys;
}
