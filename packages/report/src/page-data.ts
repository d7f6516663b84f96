import type { Cell } from './tally.ts';

/** What the page shows. */
export interface PageData {
  readonly title: string;
  /** A sentence on where the numbers come from. */
  readonly note: string;
  /** The period of each cell. */
  readonly periodMs: number;
  readonly cells: readonly Cell[];
  /** States of limits now; also what `budgets.status()` of `@payi/budgets` returns, with an `id` each. */
  readonly limits?: readonly {
    readonly id: string;
    readonly max?: number | undefined;
    readonly spent: number;
    /** What calls in progress may cost. */
    readonly reserved?: number | undefined;
    readonly state?: string | undefined;
    /** Windows of the limit, oldest first. */
    readonly history?:
      | readonly {
          readonly startsAt: string;
          readonly spent: number;
          readonly reserved?: number | undefined;
        }[]
      | undefined;
  }[];
  /** A path that gives newer data as JSON. Without it the page stays as it is. */
  readonly refresh?: string;
}
