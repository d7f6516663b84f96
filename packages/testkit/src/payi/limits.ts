import type { LimitState, LimitStates } from './limit-state.ts';
import { roundUsd } from './pricing.ts';
import { ProxyError } from './proxy-error.ts';

/** A limit to create. */
export interface LimitOptions {
  id: string;
  /** In US dollars. With 0, a blocking limit refuses the first call. */
  max: number;
  /**
   * `block` refuses calls once the spend has reached `max`; `allow` only reports.
   *
   * @default 'block'
   */
  type?: 'block' | 'allow';
  /**
   * The fraction of `max` at which the limit counts as exceeded: 0.75 to 0.99, or 1 for `max` itself.
   *
   * @default 1
   */
  threshold?: number;
}

/** The current state of a limit. */
export interface Limit {
  id: string;
  /** Absent for a limit that a call opened by its name. */
  max?: number;
  /** In US dollars. */
  spent: number;
  /** `blocked` after the limit has refused a call; before that the spend decides: `ok`, `exceeded` or `overrun`. */
  state: LimitState;
}

/** A limit as the REST API of Pay-i shows it. */
export interface LimitRecord {
  readonly id: string;
  /** The id if the limit was not created over the REST API. */
  readonly name: string;
  /** Absent for a limit that a call opened by its name. */
  readonly max?: number;
  readonly type: 'block' | 'allow';
  readonly threshold: number;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When the period began that counts now. Absent before the first reset. */
  readonly resetAt?: Date | undefined;
}

interface Account {
  id: string;
  name: string;
  max: number;
  type: 'block' | 'allow';
  threshold: number;
  spent: number;
  /** What the calls in progress may cost. */
  reserved: number;
  hasRefused: boolean;
  properties: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
  resetAt?: Date;
}

/** Keeps the spend of each limit. */
export class Limits {
  readonly #accounts = new Map<string, Account>();
  readonly #createLimits: boolean;

  /**
   * @param createLimits - Whether an unknown id opens a limit without a maximum. Otherwise it is refused.
   * @throws {RangeError} A limit is configured twice, or with a maximum or threshold that Pay-i does not accept.
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
   * Adds a limit without any spend. Its id must be new.
   *
   * @throws {RangeError} Pay-i does not accept its maximum or threshold.
   */
  add({ id, name, max, type = 'block', threshold = 1 }: LimitOptions & { name: string }): LimitRecord {
    checkLimit({ id, max, threshold });
    const account = createAccount(id, { name, max, type, threshold });
    this.#accounts.set(id, account);
    return recordOf(account);
  }

  /** Changes what is given. The spend stays; the state is no longer `blocked`. */
  change(id: string, changes: Partial<Pick<Account, 'name' | 'max' | 'type' | 'threshold'>>): LimitRecord {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new RangeError(`There is no limit ${id}`);
    checkLimit({ ...account, ...changes });
    Object.assign(account, changes, { hasRefused: false, updatedAt: new Date() });
    return recordOf(account);
  }

  /** Begins a new period: nothing is spent. */
  reset(id: string): void {
    const account = this.#accounts.get(id);
    if (account !== undefined) Object.assign(account, { spent: 0, hasRefused: false, resetAt: new Date() });
  }

  /** Adds properties to a limit. `null` deletes one. */
  setProperties(id: string, properties: object): LimitRecord {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new RangeError(`There is no limit ${id}`);
    const all = Object.entries({ ...account.properties, ...properties });
    account.properties = Object.fromEntries(all.filter(([, value]) => value !== null));
    return recordOf(account);
  }

  /** Creates a limit, or changes the limit with that id. @throws {RangeError} As {@link add}. */
  set({ id, ...changes }: LimitOptions): void {
    const known = this.#accounts.get(id);
    if (known === undefined) this.add({ ...changes, id, name: id });
    // A call has opened it: nobody has chosen its type.
    else if (known.max === Number.POSITIVE_INFINITY) this.change(id, { type: 'block', ...changes });
    else this.change(id, changes);
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

  /** @throws {@link ProxyError} `invalid_limit_ids`: a limit does not exist and must not be created. */
  open(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#accounts.has(id)) continue;
      if (!this.#createLimits) throw new ProxyError(400, 'invalid_limit_ids', `There is no limit ${id}.`);
      this.#accounts.set(id, createAccount(id, { max: Number.POSITIVE_INFINITY, type: 'allow' }));
    }
  }

  /**
   * Decides whether a call may pass: whether anything is left beside what is spent and reserved. One call can overrun a
   * limit, and concurrent calls by as much as they cost more than their estimates.
   *
   * @param ids - Ids passed to {@link open} before.
   * @returns The limits that refuse the call; empty when it may pass.
   */
  refusals(ids: readonly string[]): string[] {
    const refusing = this.#of(ids).filter(
      ({ type, spent, reserved, max }) => type === 'block' && spent + reserved >= max,
    );
    for (const account of refusing) account.hasRefused = true;
    return refusing.map(({ id }) => id);
  }

  /** Reserves what a call may cost, in US dollars, until the function is called that it returns. */
  reserve(ids: readonly string[], amount: number): () => void {
    const accounts = this.#of(ids);
    const add = (sum: number): void => {
      for (const account of accounts) account.reserved = roundUsd(account.reserved + sum);
    };
    add(amount);
    return () => {
      add(-amount);
      accounts.length = 0;
    };
  }

  /** Adds the cost of a call, in US dollars, to each of its limits, and returns their new states. */
  charge(ids: readonly string[], amount: number): LimitStates {
    const accounts = this.#of(ids);
    for (const account of accounts) account.spent = roundUsd(account.spent + amount);
    return Object.fromEntries(accounts.map((account) => [account.id, { state: stateOf(account) }]));
  }

  /** Whether a limit refuses calls when it is spent. False for an unknown id. */
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

function checkLimit({ id, max, threshold }: Pick<Account, 'id' | 'max' | 'threshold'>): void {
  if (!(max >= 0)) throw new RangeError(`The max of limit ${id} must be 0 or more, got ${max}`);
  if (threshold === 1 || (threshold >= 0.75 && threshold <= 0.99)) return;
  throw new RangeError(`The threshold of limit ${id} must be 0.75 to 0.99, or 1, got ${threshold}`);
}

function createAccount(
  id: string,
  { name = id, max, type, threshold = 1 }: Pick<Account, 'max' | 'type'> & Partial<Account>,
): Account {
  const now = new Date();
  const times = { createdAt: now, updatedAt: now };
  return {
    id,
    name,
    max,
    type,
    threshold,
    spent: 0,
    reserved: 0,
    hasRefused: false,
    properties: {},
    ...times,
  };
}

function recordOf({ max, spent: _, reserved: __, hasRefused: ___, ...account }: Account): LimitRecord {
  return { ...account, ...(max !== Number.POSITIVE_INFINITY && { max }) };
}

function stateOf({ spent, max, threshold }: Account): LimitState {
  if (spent > max) return 'overrun';
  return spent >= max * threshold ? 'exceeded' : 'ok';
}
