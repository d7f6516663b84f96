/** What the suite can check. `unhandled errors` goes through whatever the others did. */
export type CheckName =
  | 'output shape'
  | 'output identity'
  | 'body bytes'
  | 'non-JSON answers'
  | 'usage'
  | 'events'
  | 'time to first event'
  | 'back-pressure'
  | 'early break'
  | 'unread stream'
  | 'stream endings'
  | 'exceptions'
  | 'retries'
  | 'abort'
  | 'callback form'
  | 'aggregated client'
  | 'cached middleware'
  | 'frozen input'
  | 'concurrency'
  | 'heap'
  | 'undo'
  | 'unhandled errors';

/** What client and server speak. */
export type Protocol = 'http/1.1' | 'h2';

/** What one check found over one protocol. */
export interface NonInterferenceCheck {
  name: CheckName;
  protocol: Protocol;
  /** Whether the instrumented client behaved as the bare one. `true` when it was not measured, see `measured`. */
  passed: boolean;
  /** `false` when the check could not or need not run; `detail` says why. */
  measured: boolean;
  /** What was compared, or where the two differ. */
  detail: string;
  /** What the bare client did, in short. */
  bare: number | string;
  /** What the instrumented client did, in short. */
  instrumented: number | string;
}

/** What the checks found, one entry per check and protocol. */
export interface NonInterferenceReport {
  /** Whether no check failed. */
  passed: boolean;
  checks: NonInterferenceCheck[];
}

/** What a check hands in; its name and protocol are known. */
export type Verdict = Omit<NonInterferenceCheck, 'name' | 'protocol' | 'measured'>;
