import type { CheckName, Verdict } from './report.ts';
import type { Stage } from './stage.ts';

/** One thing that an instrumentation can disturb. */
export interface Check {
  name: CheckName;
  /** @returns `string`: why it could not or need not be measured. */
  run(stage: Stage): Promise<Verdict | string>;
}
