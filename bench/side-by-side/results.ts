import type { NonInterferenceReport } from '@payi/testkit/non-interference';
import type { Machine } from '../harness/machine.ts';
import type { ColdImport } from './cold-import.ts';
import type { Footprint } from './install-footprint.ts';
import type { Outcome } from './measure-calls.ts';

/** What a set of packages weighs. */
export interface Weight {
  readonly imports: readonly ColdImport[];
  readonly footprint: Footprint;
  /** Bytes, compressed. */
  readonly bundle: number;
}

/** All that one run measured. */
export interface Results {
  readonly machine: Machine;
  /** By package. */
  readonly versions: Readonly<Record<string, string>>;
  /** By provider and title of the scenario. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, Outcome>>>>;
  /** By the names of the packages, with spaces between them. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** By contestant. */
  readonly interference: Readonly<Record<string, NonInterferenceReport>>;
}
