/**
 * Budgets that hold without a proxy in the path: reserved before a call, settled after it.
 *
 * @module
 */
export { type BudgetStatus, type Budgets, budgets } from './budgets.ts';
export type { BudgetsOptions } from './budgets-options.ts';
export type { Price } from './estimate.ts';
export { memoryStore } from './memory-store.ts';
export type { BudgetField, BudgetKey, BudgetRule } from './rules.ts';
export type { BudgetStore, Charge, Period, Shortage, WindowTotals } from './store.ts';
export { type ValkeyClient, type ValkeyStoreOptions, valkeyStore } from './valkey-store.ts';
export type { BudgetWarning, BudgetWarningCode, OnWarning } from './warnings.ts';
