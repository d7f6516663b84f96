import type { CheckName, Verdict } from './report.ts';
import type { Stage } from './stage.ts';

/** A check of one behaviour that an instrumentation can disturb. */
export interface Check {
  name: CheckName;
  /** @returns A `string` says why it could not or need not be measured. */
  run(stage: Stage): Promise<Verdict | string>;
}
