import { setTimeout as wait } from 'node:timers/promises';
import { converse, converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import { converseAnswer } from '../samples.ts';
import type { Side, Stage } from '../stage.ts';
import { rounded } from './measure.ts';

const eventCount = 100;
const gapMs = 10;
const breakAfter = 3;
/** How long the server is watched after the consumer has left. */
const watchMs = 150;

const event = { event: 'contentBlockDelta', payload: { delta: { text: 'a' }, contentBlockIndex: 0 } };
const answer = { events: Array<typeof event>(eventCount).fill(event), chunkDelayMs: gapMs };

/**
 * Checks that a loop that is left ends at once, and that the client is still usable. The report says whether the
 * server stopped too, without a verdict: the bare client does not stop the server.
 */
export const earlyBreak: Check = {
  name: 'early break',
  async run(stage) {
    const bare = await leave(stage, 'bare');
    let instrumented = await leave(stage, 'instrumented');
    const allowed = rounded(bare.breakMs + stage.options.breakSlackMs);
    // A pause of the process can distort one measurement, but not all of them.
    for (let again = 0; again < 3 && instrumented.breakMs > allowed; again += 1) {
      instrumented = await leave(stage, 'instrumented');
    }
    const told = ({ written, stopped }: Left): string =>
      stopped ? `stopped at event ${written}` : 'wrote on';
    return {
      passed: instrumented.breakMs <= allowed && instrumented.next === bare.next,
      detail:
        `ms from break to the next statement, ${allowed} are allowed; then ${instrumented.next}; ` +
        `the server ${told(instrumented)} (bare: ${told(bare)})`,
      bare: rounded(bare.breakMs),
      instrumented: rounded(instrumented.breakMs),
    };
  },
};

interface Left {
  breakMs: number;
  next: string;
  written: number;
  stopped: boolean;
}

function leave(stage: Stage, side: Side): Promise<Left> {
  const script = ({ operation }: { operation: string }) =>
    operation === 'Converse' ? converseAnswer : answer;
  return stage.play(side, { server: { answer: script } }, async ({ client, bedrock }) => {
    let leftAt = 0;
    let seen = 0;
    for await (const _event of (await converseStream(client)).stream ?? []) {
      seen += 1;
      leftAt = performance.now();
      if (seen === breakAfter) break;
    }
    const breakMs = performance.now() - leftAt;
    const next = await converse(client).then(
      ({ stopReason }) => `a further call gave ${stopReason}`,
      (error) => `a further call failed with ${error}`,
    );
    await wait(watchMs);
    const written = bedrock.requests[0]?.eventsWritten ?? 0;
    await wait(5 * gapMs);
    return { breakMs, next, written, stopped: bedrock.requests[0]?.eventsWritten === written };
  });
}
