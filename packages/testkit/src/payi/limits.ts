import type { LimitState, LimitStates } from './limit-state.ts';
import { roundUsd } from './pricing.ts';
import { ProxyError } from './proxy-error.ts';

/** A limit that exists from the start. */
export interface LimitOptions {
  id: string;
  /** In US dollars. With 0, a blocking limit refuses the first call. */
  max: number;
  /** `block` refuses calls once the spend has reached `max`; `allow` only reports. */
  type: 'block' | 'allow';
  /**
   * The part of `max` from which the limit counts as exceeded, 0.75 to 0.99, or 1 for `max` itself.
   *
   * @default 1
   */
  threshold?: number;
}

/** Where a limit stands now. */
export interface Limit {
  id: string;
  /** Absent for a limit that came into being by a call naming it. */
  max?: number;
  /** In US dollars. */
  spent: number;
  /** `blocked` once the limit has refused a call; before that `ok`, `exceeded` or `overrun`, by what was spent. */
  state: LimitState;
}

/** A limit as the REST API of Pay-i shows it. */
export interface LimitRecord {
  readonly id: string;
  /** The id, for a limit that was not made over the REST API. */
  readonly name: string;
  /** Absent for a limit that came into being by a call naming it. */
  readonly max?: number;
  readonly type: 'block' | 'allow';
  readonly threshold: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Account {
  id: string;
  name: string;
  max: number;
  type: 'block' | 'allow';
  threshold: number;
  spent: number;
  hasRefused: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** Keeps what was spent against each limit. */
export class Limits {
  readonly #accounts = new Map<string, Account>();
  readonly #createLimits: boolean;

  /**
   * @param createLimits - Whether an id that is not configured opens a limit without a maximum, or is refused.
   * @throws {RangeError} A limit is configured twice, or with a maximum or threshold that Pay-i does not take.
   */
  constructor(limits: readonly LimitOptions[], createLimits: boolean) {
    this.#createLimits = createLimits;
    for (const limit of limits) {
      if (this.#accounts.has(limit.id)) {
        throw new RangeError(`limits holds the id ${JSON.stringify(limit.id)} twice`);
      }
      this.add({ ...limit, name: limit.id });
    }
  }

  /**
   * Adds a limit that nothing was spent of yet. Its id must be new.
   *
   * @throws {RangeError} Its maximum or threshold is none that Pay-i takes.
   */
  add({ id, name, max, type, threshold = 1 }: LimitOptions & { name: string }): LimitRecord {
    if (!(max >= 0)) throw new RangeError(`The max of limit ${id} must be 0 or more, got ${max}`);
    if (threshold !== 1 && !(threshold >= 0.75 && threshold <= 0.99)) {
      throw new RangeError(`The threshold of limit ${id} must be 0.75 to 0.99, or 1, got ${threshold}`);
    }
    const account = createAccount(id, { name, max, type, threshold });
    this.#accounts.set(id, account);
    return recordOf(account);
  }

  /** Gives a limit another name, another maximum, or both. What was spent stays; the limit decides anew from now on. */
  change(id: string, { name, max }: { name?: string; max?: number }): LimitRecord {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new RangeError(`There is no limit ${id}`);
    account.name = name ?? account.name;
    account.max = max ?? account.max;
    account.hasRefused = false;
    account.updatedAt = new Date();
    return recordOf(account);
  }

  delete(id: string): void {
    this.#accounts.delete(id);
  }

  record(id: string): LimitRecord | undefined {
    const account = this.#accounts.get(id);
    return account && recordOf(account);
  }

  records(): LimitRecord[] {
    return [...this.#accounts.values()].map(recordOf);
  }

  /** @throws {@link ProxyError} `invalid_limit_ids`: a limit does not exist and may not come into being. */
  open(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#accounts.has(id)) continue;
      if (!this.#createLimits) throw new ProxyError(400, 'invalid_limit_ids', `There is no limit ${id}.`);
      this.#accounts.set(id, createAccount(id, { max: Number.POSITIVE_INFINITY, type: 'allow' }));
    }
  }

  /**
   * Decides whether a call may pass. Calls that are under way are not counted until they end, so that several at
   * once can overrun a limit.
   *
   * @param ids - Ids passed to {@link open} before.
   * @returns The limits that refuse the call; empty when it may pass.
   */
  refusals(ids: readonly string[]): string[] {
    const refusing = this.#of(ids).filter(({ type, spent, max }) => type === 'block' && spent >= max);
    for (const account of refusing) account.hasRefused = true;
    return refusing.map(({ id }) => id);
  }

  /** Adds the cost of a call, in US dollars, to each of its limits, and tells how they stand then. */
  charge(ids: readonly string[], amount: number): LimitStates {
    const accounts = this.#of(ids);
    for (const account of accounts) account.spent = roundUsd(account.spent + amount);
    return Object.fromEntries(accounts.map((account) => [account.id, { state: stateOf(account) }]));
  }

  /** Whether a limit refuses calls once it is spent. False for one that does not exist. */
  isBlocking(id: string): boolean {
    return this.#accounts.get(id)?.type === 'block';
  }

  get(id: string): Limit | undefined {
    const account = this.#accounts.get(id);
    if (!account) return undefined;
    const { max, spent, hasRefused } = account;
    return {
      id,
      ...(max !== Number.POSITIVE_INFINITY && { max }),
      spent,
      state: hasRefused ? 'blocked' : stateOf(account),
    };
  }

  #of(ids: readonly string[]): Account[] {
    return ids.map((id) => this.#accounts.get(id)).filter((account) => account !== undefined);
  }
}

function createAccount(
  id: string,
  { name = id, max, type, threshold = 1 }: Pick<Account, 'max' | 'type'> & Partial<Account>,
): Account {
  const now = new Date();
  return { id, name, max, type, threshold, spent: 0, hasRefused: false, createdAt: now, updatedAt: now };
}

function recordOf({ id, name, max, type, threshold, createdAt, updatedAt }: Account): LimitRecord {
  const maximum = max === Number.POSITIVE_INFINITY ? {} : { max };
  return { id, name, ...maximum, type, threshold, createdAt, updatedAt };
}

function stateOf({ spent, max, threshold }: Account): LimitState {
  if (spent > max) return 'overrun';
  return spent >= max * threshold ? 'exceeded' : 'ok';
}
