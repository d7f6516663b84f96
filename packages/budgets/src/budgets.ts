import { CallBlockedError, type PayiPlugin, type PluginCall, type Receipt } from '@payi/core';
import { priceUnits, upperBound } from 'payi-report';
import { type BudgetsOptions, checkOptions } from './budgets-options.ts';
import { costOf } from './estimate.ts';
import { reachStore } from './reach-store.ts';
import { type BudgetKey, nanosOf, type RuledCharge, resolveRules, usdOf } from './rules.ts';
import { keptWindows, type Period, type Shortage, startOf } from './store.ts';
import { type BudgetWarning, warnOnce } from './warnings.ts';

/** A budget, as it stands now. Amounts are in US dollars. */
export interface BudgetStatus {
  readonly ruleId: string;
  /** Whose budget it is: the value of the rule's `by`; of several, a JSON list. Empty for a rule without `by`. */
  readonly key: string;
  readonly per: Period;
  readonly max: number;
  readonly spent: number;
  /** The upper bounds of the calls in progress. */
  readonly reserved: number;
  /** Never below 0. */
  readonly remaining: number;
  /** Calls that were counted by an estimate, because what they cost is unknown: at 0 if there is no price at all. */
  readonly inexactCalls: number;
  /** When the window began, and when the next begins: ISO 8601, UTC. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** The windows asked for, oldest first, the current one included. */
  readonly history: readonly {
    readonly startsAt: string;
    readonly spent: number;
    readonly reserved: number;
  }[];
}

/** The plugin that keeps budgets. */
export interface Budgets extends PayiPlugin {
  /**
   * Reads the budgets of somebody.
   *
   * @param key - Annotations: the budgets that a call with them counts against. A text: the budgets of all rules with one
   *   field, by its value, and those without `by`.
   * @param options - `windows`: how many windows `history` has, up to 32. Default 1.
   * @throws what the store threw, or an error when it does not answer in time.
   */
  status(
    key: BudgetKey | string,
    options?: { readonly windows?: number | undefined },
  ): Promise<BudgetStatus[]>;
  /**
   * Waits until the store knows of all calls that have ended, and tries again what failed before. Call it before the store's
   * client is closed.
   *
   * @returns `false` if the store did not answer.
   */
  flush(): Promise<boolean>;
}

/** A call in progress. */
interface Reservation {
  readonly id: string;
  readonly charges: readonly RuledCharge[];
  readonly amount: number;
}

/**
 * A plugin for `createPayi({ plugins: [budgets({ … })] })` that refuses calls beyond a budget, on every route. Before a call
 * it reserves what the call costs at most; when the call has ended it counts what it did cost.
 *
 * @throws `ConfigurationError` an option is malformed.
 */
export function budgets(options: BudgetsOptions): Budgets {
  checkOptions(options);
  const {
    store,
    mode = 'enforce',
    onStoreDown = 'open',
    onUnknownPrice = 'open',
    price = priceUnits,
  } = options;
  const { bytesPerToken = 1, outputTokens = 4096, leaseMs = 30_000, storeTimeoutMs = 250 } = options;
  const { onWarning = warnOnce() } = options;
  const chargesOf = resolveRules(options.rules);
  const enforces = mode === 'enforce';
  const ofCalls = new WeakMap<PluginCall, Reservation>();
  const inProgress = new Set<Reservation>();
  const unpriced = new Set<string>();
  /** Answers that were counted by an estimate. The record of one that was begun in the background may follow. */
  const begun = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;

  const warn = (warning: BudgetWarning): void => {
    try {
      Promise.resolve(onWarning(warning)).catch(() => {});
    } catch {
      // There is nowhere left to report a function that fails.
    }
  };
  const { ask, ensure, retry } = reachStore(storeTimeoutMs, warn);

  const extend = (): void => {
    for (const { id, charges, amount } of inProgress) {
      ask(
        () => store.reserve(id, charges, amount, leaseMs, true),
        () => {},
        () => {},
      );
    }
  };
  /** Keeps the reservation of a call that may go out, unless the call has ended by now: another plugin refused it. */
  const keep = (call: PluginCall, reservation: Reservation): void => {
    if (!ofCalls.has(call)) return;
    inProgress.add(reservation);
    timer ??= setInterval(extend, leaseMs / 3);
    // In Node.js a timer would keep the process alive.
    (timer as { unref?: () => void }).unref?.();
  };
  const end = (call: PluginCall, reservation: Reservation): void => {
    ofCalls.delete(call);
    inProgress.delete(reservation);
    if (inProgress.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  const remember = (answerId: string): void => {
    const [oldest] = begun;
    if (begun.size >= 1000) begun.delete(oldest as string);
    begun.add(answerId);
  };

  /** @returns The most that a call can cost. 0 if that is unknown, which is said. */
  const estimate = ({ category, resource, body }: PluginCall, charges: readonly RuledCharge[]): number => {
    const units = upperBound(body, bytesPerToken, outputTokens);
    const cost = units && price(units, category, resource);
    if (cost !== undefined) return nanosOf(cost.total.base);
    const message = `there is no price for ${category}, ${resource}`;
    if (onUnknownPrice === 'closed' && enforces) throw blocked(message, charges);
    if (unpriced.size < 1000 && !unpriced.has(message)) {
      unpriced.add(message);
      warn({ code: 'UNKNOWN_PRICE', message: `${message}: calls go out without a reservation` });
    }
    return 0;
  };

  /** @throws `CallBlockedError` if the call may not go out. */
  const decide = (call: PluginCall, reservation: Reservation, shortages: readonly Shortage[]): void => {
    if (shortages.length === 0 || !enforces) keep(call, reservation);
    if (shortages.length === 0 || mode === 'observe') return;
    const short = shortages.map(({ index, spent, reserved }) => {
      const { ruleId, value, max } = reservation.charges[index] as RuledCharge;
      const message =
        `budget ${ruleId} has ${usdOf(max)} USD, of which ${usdOf(spent)} are spent and ${usdOf(reserved)} reserved: ` +
        `no room for a call of up to ${usdOf(reservation.amount)}`;
      return { ruleId, key: value, message };
    });
    if (!enforces) {
      for (const shortage of short) warn({ code: 'LIMIT_REACHED', ...shortage });
      return;
    }
    ofCalls.delete(call);
    throw new CallBlockedError(
      short.map(({ message }) => message).join('; '),
      short.map(({ ruleId }) => ruleId),
    );
  };

  return {
    name: 'budgets',
    timeoutMs: storeTimeoutMs + 1000,

    beforeCall(call) {
      const { category, resource, annotations } = call;
      const charges = chargesOf({ ...annotations, category, resource });
      if (charges.length === 0) return;
      const reservation = { id: crypto.randomUUID(), charges, amount: estimate(call, charges) };
      ofCalls.set(call, reservation);
      return ask(
        () => store.reserve(reservation.id, charges, reservation.amount, leaseMs, !enforces),
        (shortages) => decide(call, reservation, shortages),
        () => {
          if (onStoreDown === 'closed' && enforces) {
            throw blocked('the store of budgets does not answer', charges);
          }
          keep(call, reservation);
        },
      );
    },

    afterCall(receipt, call) {
      const { annotations, category, resource, providerResponseId: answerId = '' } = receipt;
      const reserved = call && ofCalls.get(call);
      if (call !== undefined) {
        // It was refused, or is outside of all rules.
        if (reserved === undefined) return;
        end(call, reserved);
      }
      // A record without a call is of what another model did for its answer, or of an answer that was begun before.
      if (call === undefined && begun.has(answerId)) return;
      const charges = reserved?.charges ?? chargesOf({ ...annotations, category, resource });
      if (charges.length === 0) return;
      const cost = costOf(receipt, price);
      const isInexact = cost === undefined && isBilled(receipt);
      if (isInexact && answerId !== '') remember(answerId);
      const amount = cost !== undefined ? nanosOf(cost) : isInexact ? (reserved?.amount ?? 0) : 0;
      const id = reserved?.id ?? crypto.randomUUID();
      ensure(() => store.settle(id, charges, amount, isInexact));
    },

    async status(key, { windows = 1 } = {}) {
      const charges = chargesOf(key);
      if (charges.length === 0) return [];
      const count = Math.min(Math.max(1, Math.floor(windows)), keptWindows);
      const totals = await ask(
        () => store.read(charges, count),
        (read) => read,
        (cause) => {
          throw cause;
        },
      );
      return charges.map(({ ruleId, value, per, max }, index) => {
        const all = totals[index] ?? [];
        const { window = 0, spent = 0, reserved = 0, inexactCalls = 0 } = all[0] ?? {};
        return {
          ruleId,
          key: value,
          per,
          max: usdOf(max),
          spent: usdOf(spent),
          reserved: usdOf(reserved),
          remaining: usdOf(Math.max(0, max - spent - reserved)),
          inexactCalls,
          startsAt: startOf(per, window),
          endsAt: startOf(per, window + 1),
          history: all
            .map(({ window, spent, reserved }) => ({
              startsAt: startOf(per, window),
              spent: usdOf(spent),
              reserved: usdOf(reserved),
            }))
            .reverse(),
        };
      });
    },

    flush: retry,
  };
}

/** Whether a call that does not say what it cost is likely to cost something. */
function isBilled({ outcome, attempts }: Receipt): boolean {
  return attempts > 0 && (outcome === 'complete' || outcome === 'partial');
}

function blocked(message: string, charges: readonly RuledCharge[]): CallBlockedError {
  return new CallBlockedError(
    message,
    charges.map(({ ruleId }) => ruleId),
  );
}
