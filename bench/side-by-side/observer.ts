import { AsyncLocalStorage } from 'node:async_hooks';

/** How a contestant learns of calls, and where its records go. */
export interface Observer {
  /** What of the annotations leaves the process, and where it arrives. */
  readonly sends: 'nothing' | 'headers' | 'to Pay-i';
  /** Runs `run`, and what it calls, for a user that the observer should know of. */
  within<Result>(user: string, run: () => Promise<Result>): Promise<Result>;
  /** How many calls it has a record of. `undefined`: it keeps none. */
  recorded(): number | undefined;
  /**
   * Waits until so many calls are recorded, and hands over what is queued: work that is the contestant's and would
   * otherwise be done in somebody else's round.
   *
   * @throws when records are missing.
   */
  settle(calls: number): Promise<void>;
  close(): Promise<void>;
}

/** Of a client that nobody looks at. */
export const noObserver: Observer = {
  sends: 'nothing',
  within: (_user, run) => run(),
  recorded: () => undefined,
  settle: async () => {},
  close: async () => {},
};

/** Headers by hand keep no record; the user is in a storage of the application's own. */
export function observeByHand(): Observer & { user(): string | undefined } {
  const storage = new AsyncLocalStorage<string>();
  return {
    ...noObserver,
    sends: 'headers',
    within: (user, run) => storage.run(user, run),
    user: () => storage.getStore(),
  };
}
