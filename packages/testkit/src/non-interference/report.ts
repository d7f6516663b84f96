/** The names of all checks. `unhandled errors` counts the uncaught errors of all other checks. */
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

/** The protocol between client and server. */
export type Protocol = 'http/1.1' | 'h2';

/** The result of one check over one protocol. */
export interface NonInterferenceCheck {
  name: CheckName;
  protocol: Protocol;
  /** Whether the instrumented client behaved like the bare client. Also `true` if `measured` is false. */
  passed: boolean;
  /** `false` when the check could not or need not run; `detail` says why. */
  measured: boolean;
  /** The facts that were compared, or their first difference. */
  detail: string;
  /** The behaviour of the bare client, in short. */
  bare: number | string;
  /** The behaviour of the instrumented client, in short. */
  instrumented: number | string;
}

/** The results of the checks, one entry per check and protocol. */
export interface NonInterferenceReport {
  /** Whether no check failed. */
  passed: boolean;
  checks: NonInterferenceCheck[];
}

/** The members that a check itself provides. */
export type Verdict = Omit<NonInterferenceCheck, 'name' | 'protocol' | 'measured'>;
