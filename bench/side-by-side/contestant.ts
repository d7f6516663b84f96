import type { Wanted } from './answers.ts';
import type { Observer } from './observer.ts';
import type { Addresses } from './start-servers.ts';

/** Somebody who calls a provider, in a way that an application would. */
export interface Contestant {
  readonly observer: Observer;
  /**
   * Sends one call and reads its answer.
   *
   * @param user - Who it is for. `undefined`: the observer knows from `observer.within`.
   * @returns How much of it the caller got: characters, bytes or events.
   */
  call(wanted: Wanted, user: string | undefined): Promise<number>;
  close(): Promise<void>;
}

/** How to make one, within a copy of its modules. */
export interface ContestantDefinition {
  /** As it stands in the table. */
  readonly name: string;
  /** Packages to install for it, beside the provider's SDK. */
  readonly packages: readonly string[];
  /** Why there is nothing to measure: its package breaks, or does not look at the calls. The run fails if that is over. */
  readonly notMeasured?: string;
  load(require: NodeJS.Require, addresses: Addresses): Contestant;
}
