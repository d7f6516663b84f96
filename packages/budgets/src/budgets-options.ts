import { ConfigurationError } from '@payi/core';
import type { Price } from './estimate.ts';
import type { BudgetRule } from './rules.ts';
import type { BudgetStore } from './store.ts';
import type { OnWarning } from './warnings.ts';

/** Options of `budgets()`. */
export interface BudgetsOptions {
  /** Where budgets are kept: `memoryStore()`, or `valkeyStore()` for several processes. */
  readonly store: BudgetStore;
  /** A call counts against every rule that applies to it, and goes out only if all have room. */
  readonly rules: readonly BudgetRule[];
  /**
   * What happens to a call for which a budget has no room: `enforce` refuses it, `warn` sends it and tells `onWarning`,
   * `observe` sends it.
   *
   * @default 'enforce'
   */
  readonly mode?: 'enforce' | 'warn' | 'observe' | undefined;
  /**
   * What happens to calls while the store does not answer: `open` sends them, `closed` refuses them if `mode` is `enforce`.
   *
   * @default 'open'
   */
  readonly onStoreDown?: 'open' | 'closed' | undefined;
  /**
   * What happens to calls without a known price, for which nothing can be reserved: `open` sends them, `closed` refuses
   * them if `mode` is `enforce`.
   *
   * @default 'open'
   */
  readonly onUnknownPrice?: 'open' | 'closed' | undefined;
  /** Prices of models, by their counts. @default `priceUnits` of the package `payi-report` */
  readonly price?: Price | undefined;
  /**
   * How many bytes of a request are one token of its input, in the estimate before a call. 1 is never too little; English
   * text has about 4, so that a larger number leaves room for more calls at a time.
   *
   * @default 1
   */
  readonly bytesPerToken?: number | undefined;
  /** How many tokens an answer may have if its request does not say it. @default 4096 */
  readonly outputTokens?: number | undefined;
  /** How long a reservation outlives the process that made it, in milliseconds. @default 30000 */
  readonly leaseMs?: number | undefined;
  /** How long to wait for the store, in milliseconds. @default 250 */
  readonly storeTimeoutMs?: number | undefined;
  /** Gets warnings. Nothing waits for it, and its errors are ignored. @default to the console, once per code */
  readonly onWarning?: OnWarning | undefined;
}

const choices = {
  mode: ['enforce', 'warn', 'observe'],
  onStoreDown: ['open', 'closed'],
  onUnknownPrice: ['open', 'closed'],
} as const;

/** @throws `ConfigurationError` an option is malformed. */
export function checkOptions(options: BudgetsOptions): void {
  const given = Object(options) as Record<string, unknown>;
  const check = (isRight: boolean, name: string, must: string): void => {
    if (!isRight) throw new ConfigurationError(`${name} must be ${must}`);
  };
  const store = Object(given.store);
  const isStore = ['reserve', 'settle', 'read'].every((name) => typeof store[name] === 'function');
  check(isStore, 'store', 'memoryStore(), valkeyStore(…) or a BudgetStore of your own');
  for (const [name, allowed] of Object.entries(choices)) {
    const value = given[name] ?? allowed[0];
    check((allowed as readonly unknown[]).includes(value), name, `one of ${allowed.join(', ')}`);
  }
  for (const name of ['bytesPerToken', 'outputTokens', 'leaseMs', 'storeTimeoutMs']) {
    const value = given[name] ?? 1;
    check(typeof value === 'number' && value > 0 && value < 2 ** 31, name, 'a positive number below 2^31');
  }
  for (const name of ['price', 'onWarning']) {
    check(typeof (given[name] ?? check) === 'function', name, 'a function');
  }
}
