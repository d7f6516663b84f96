import { setTimeout as wait } from 'node:timers/promises';
import { converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import type { Side, Stage } from '../stage.ts';

/** 20,000 events take 31 MB on the wire. */
const eventCount = 20_000;
const event = {
  event: 'contentBlockDelta',
  payload: { delta: { text: 'x'.repeat(1390) }, contentBlockIndex: 0 },
};
const pauseAfter = 5;
/** The server counts as stopped after it wrote nothing for this long. */
const quietMs = 200;

/** Checks that a server writes no further ahead of a paused consumer than with the bare client. */
export const backPressure: Check = {
  name: 'back-pressure',
  async run(stage) {
    // The operating system chooses the size of the sockets' buffers, which varies by half from connection to
    // connection. Hence the slack, and a difference must occur twice.
    let bare = 0;
    let instrumented = eventCount;
    let allowed = 0;
    for (let attempt = 0; attempt < 2 && instrumented > allowed; attempt += 1) {
      bare = Math.max(bare, await writtenWhilePaused(stage, 'bare'));
      instrumented = Math.min(instrumented, await writtenWhilePaused(stage, 'instrumented'));
      allowed = Math.round(bare * (1 + stage.options.backPressureSlack)) + 500;
    }
    return {
      passed: instrumented <= allowed,
      detail: `events written while the consumer paused after ${pauseAfter} of ${eventCount}; ${allowed} are allowed`,
      bare,
      instrumented,
    };
  },
};

function writtenWhilePaused(stage: Stage, side: Side): Promise<number> {
  const answer = { events: Array<typeof event>(eventCount).fill(event) };
  return stage.play(side, { server: { answer: () => answer } }, async ({ client, bedrock }) => {
    const iterator = (await converseStream(client)).stream?.[Symbol.asyncIterator]();
    for (let read = 0; read < pauseAfter; read += 1) await iterator?.next();
    const written = (): number => bedrock.requests[0]?.eventsWritten ?? 0;
    let before = -1;
    let quiet = 0;
    while (quiet < quietMs && written() < eventCount) {
      quiet = written() === before ? quiet + 50 : 0;
      before = written();
      await wait(50);
    }
    return written();
  });
}
