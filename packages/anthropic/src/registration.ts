import type { AdapterSettings } from '@payi/core/adapter';
import type { Platform } from './platform.ts';

/** What one call of `withPayi()` decided. */
export interface Registration extends AdapterSettings {
  readonly platform: Platform;
  /** How often the client tries again, unless a call says otherwise. */
  maxRetries(): number;
}
