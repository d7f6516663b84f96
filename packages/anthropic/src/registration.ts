import type { AbandonPolicy, AttemptCallbacks, ResolvedPayi } from '@payi/core/adapter';
import type { Platform } from './platform.ts';

/** What one call of `withPayi()` decided. */
export interface Registration {
  readonly platform: Platform;
  readonly payi: ResolvedPayi;
  /** Whether the caller chose `payi`, or it was made from the environment. */
  readonly payiGiven: boolean;
  readonly callbacks: AttemptCallbacks;
  readonly onAbandon: AbandonPolicy;
  /** How often the client tries again, unless a call says otherwise. */
  maxRetries(): number;
}
