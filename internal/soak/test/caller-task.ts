/** How many calls a process has under way. */
export const callsAtOnce = 48;

/** What a process has to do. */
export interface CallerTask {
  readonly seed: number;
  /** The number of its first call. */
  readonly first: number;
  readonly count: number;
  readonly folder: string;
  readonly providerUrl: string;
  readonly payiUrl: string;
  /**
   * `close`: it waits until Pay-i has everything. `full disk`: the same, and writing fails now and then. `exit`: it waits
   * for nothing. `kill`: it does not end by itself.
   */
  readonly ending: 'close' | 'full disk' | 'exit' | 'kill';
}
