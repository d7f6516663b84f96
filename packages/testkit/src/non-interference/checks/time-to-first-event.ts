import type { ScriptedEvent } from '../../bedrock-answer.ts';
import { converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import type { Side, Stage } from '../stage.ts';
import { median, rounded } from './measure.ts';

const rounds = 7;
/** The time between the events. It reveals an event that is held back until the next event. */
const gapMs = 60;

/** Compares the time from the server's write of the first event to its arrival at the caller. */
export const timeToFirstEvent: Check = {
  name: 'time to first event',
  async run(stage) {
    const { firstEventSlackMs } = stage.options;
    let bare: number[] = [];
    let instrumented: number[] = [];
    // The first round warms up the compiler. A difference must occur in each of several series.
    for (let series = 0; series < 4; series += 1) {
      bare = [];
      instrumented = [];
      for (let round = 0; round <= rounds; round += 1) {
        const delays = [
          await firstEventDelay(stage, 'bare'),
          await firstEventDelay(stage, 'instrumented'),
        ] as const;
        if (round === 0) continue;
        bare.push(delays[0]);
        instrumented.push(delays[1]);
      }
      if (median(instrumented) - median(bare) <= firstEventSlackMs) break;
    }
    const difference = rounded(median(instrumented) - median(bare));
    return {
      passed: difference <= firstEventSlackMs,
      detail: `${difference} ms later, by the median of ${bare.length} calls; ${firstEventSlackMs} ms are allowed`,
      bare: rounded(median(bare)),
      instrumented: rounded(median(instrumented)),
    };
  },
};

/** @returns Milliseconds. */
function firstEventDelay(stage: Stage, side: Side): Promise<number> {
  const writtenAt: number[] = [];
  const event = (index: number): ScriptedEvent => ({
    event: 'contentBlockDelta',
    // Read at the moment when the event is about to be written.
    get payload() {
      writtenAt[index] = performance.now();
      return { delta: { text: 'a' }, contentBlockIndex: index };
    },
  });
  const answer = { events: [event(0), event(1), event(2)], chunkDelayMs: gapMs };
  return stage.play(side, { server: { answer: () => answer } }, async ({ client }) => {
    for await (const { contentBlockDelta } of (await converseStream(client)).stream ?? []) {
      return performance.now() - (writtenAt[contentBlockDelta?.contentBlockIndex ?? 0] ?? 0);
    }
    return Number.POSITIVE_INFINITY;
  });
}
