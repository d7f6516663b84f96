import type { Verdict } from './report.ts';
import type { Stage } from './stage.ts';

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

/** One thing that an instrumentation can disturb. */
export interface Check {
  name: CheckName;
  /** @returns `string`: why it could not or need not be measured. */
  run(stage: Stage): Promise<Verdict | string>;
}
