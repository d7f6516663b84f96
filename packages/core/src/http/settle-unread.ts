import type { Observation } from '../call/observation.ts';
import type { Outcome } from '../call/receipt.ts';

/**
 * Ends a call when its answer is gone and nobody read it. A function of its own: a closure made beside the response would
 * hold it.
 */
export function settleUnread(observation: Observation, response: object, outcome: Outcome): void {
  observation.settleWhenGone(response, () => {
    observation.warn('nobody read the answer');
    observation.settle(outcome);
  });
}
