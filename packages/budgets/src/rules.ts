import { type Annotations, ConfigurationError, type PluginCall } from '@payi/core';
import { type Charge, type Period, periods } from './store.ts';

/** What budgets can be kept by: an annotation with one value, the provider (`category`) or the model (`resource`). */
export type BudgetField =
  | 'accountName'
  | 'userId'
  | 'useCaseName'
  | 'useCaseId'
  | 'useCaseVersion'
  | 'useCaseStep'
  | 'category'
  | 'resource';

const fields: readonly string[] = [
  'accountName',
  'userId',
  'useCaseName',
  'useCaseId',
  'useCaseVersion',
  'useCaseStep',
  'category',
  'resource',
] satisfies BudgetField[];

/** One budget for each value of `by`. */
export interface BudgetRule {
  /**
   * What has a budget of its own: each value of a field, or each combination of several. A call without one of them is
   * outside of the rule. Without `by`, all calls share one budget.
   */
  readonly by?: BudgetField | readonly BudgetField[] | undefined;
  /** In US dollars, up to 9 million. With 0, every call is refused. */
  readonly max: number;
  readonly per: Period;
  /**
   * Names the rule in the store, in errors and in `blockedLimitIds` of receipts.
   *
   * @default `by` and `per`, e.g. `accountName/day`
   */
  readonly id?: string | undefined;
}

/** What {@link BudgetRule.by} is read from. */
export type BudgetKey = Partial<Pick<PluginCall, 'category' | 'resource'>> & Annotations;

/** A budget and the rule that it comes from. */
export interface RuledCharge extends Charge {
  readonly ruleId: string;
  /** The value of `by`; of several, a JSON list. Empty for a rule without `by`. */
  readonly value: string;
}

/** Finds the budgets of a call, or all budgets whose rules have one field, by its value. */
export type ChargesOf = (key: BudgetKey | string) => readonly RuledCharge[];

const nanosPerUsd = 1e9;
const maxUsd = 9_000_000;

/** @returns Whole nano-dollars, so that sums are exact. */
export function nanosOf(usd: number): number {
  return Math.min(Math.max(0, Math.round(usd * nanosPerUsd)), maxUsd * nanosPerUsd);
}

export function usdOf(nanos: number): number {
  return nanos / nanosPerUsd;
}

/** @throws `ConfigurationError` a rule is malformed, or two have one id. */
export function resolveRules(rules: readonly BudgetRule[]): ChargesOf {
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new ConfigurationError('rules must be a list with at least one rule');
  }
  const ids = new Set<string>();
  const resolved = rules.map((rule: BudgetRule, index) => {
    const { by = [], max, per } = Object(rule) as BudgetRule;
    const names: readonly string[] = typeof by === 'string' ? [by] : by;
    const place = `rules[${index}]`;
    if (!Array.isArray(names) || names.some((name) => !fields.includes(name))) {
      throw new ConfigurationError(`${place}.by must be one of ${fields.join(', ')}, or a list of them`);
    }
    if (!periods.includes(per))
      throw new ConfigurationError(`${place}.per must be one of ${periods.join(', ')}`);
    if (!(typeof max === 'number' && max >= 0 && max <= maxUsd)) {
      throw new ConfigurationError(`${place}.max must be a number of US dollars from 0 to ${maxUsd}`);
    }
    const { id = `${names.join('+') || 'all'}/${per}` } = rule;
    if (typeof id !== 'string' || id === '' || ids.has(id)) {
      throw new ConfigurationError(`${place} needs an id of its own: a text that no other rule has`);
    }
    ids.add(id);
    return { id, names, max: nanosOf(max), per };
  });
  return (key) =>
    resolved.flatMap(({ id, names, max, per }) => {
      const values = names.map((name) =>
        typeof key === 'string' ? key : (key as Record<string, unknown>)[name],
      );
      if (values.includes(undefined) || (typeof key === 'string' && names.length > 1)) return [];
      const value = values.length > 1 ? JSON.stringify(values) : String(values[0] ?? '');
      return [{ ruleId: id, value, key: `${id}:${value}`, per, max }];
    });
}
