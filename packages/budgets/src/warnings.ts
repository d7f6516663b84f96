/** What a warning is about, for programs. */
export type BudgetWarningCode =
  /** With `mode: 'warn'`: a call went out although a budget has no room for it. */
  | 'LIMIT_REACHED'
  /** The store failed or did not answer in time. Said once, until it answers again. */
  | 'STORE_DOWN'
  /** There is no price for what a call uses, so nothing could be reserved for it. Said once per model. */
  | 'UNKNOWN_PRICE';

/** Something about a budget that stopped no call. */
export interface BudgetWarning {
  readonly code: BudgetWarningCode;
  /** Without values of annotations. */
  readonly message: string;
  /** The rule, for `LIMIT_REACHED`. */
  readonly ruleId?: string | undefined;
  /** Whose budget it is: the value of the rule's `by`. */
  readonly key?: string | undefined;
  readonly cause?: unknown;
}

/** Receives what a budget could not do. */
export type OnWarning = (warning: BudgetWarning) => void;

/** Without a function of the application: to the console, once per code. */
export function warnOnce(): OnWarning {
  const warned = new Set<BudgetWarningCode>();
  return ({ code, message }) => {
    if (warned.has(code)) return;
    warned.add(code);
    console.warn(`[payi] ${code}: ${message} (said once; pass onWarning to budgets() for all)`);
  };
}
