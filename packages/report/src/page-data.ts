import type { Cell } from './tally.ts';

/** What the page shows. */
export interface PageData {
  readonly title: string;
  /** A sentence on where the numbers come from. */
  readonly note: string;
  /** The period of each cell. */
  readonly periodMs: number;
  readonly cells: readonly Cell[];
  /** States of limits now. */
  readonly limits?: readonly {
    readonly id: string;
    readonly max?: number | undefined;
    readonly spent: number;
    readonly state: string;
  }[];
  /** A path that gives newer data as JSON. Without it the page stays as it is. */
  readonly refresh?: string;
}
