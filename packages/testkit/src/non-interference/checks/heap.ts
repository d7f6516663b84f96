import { encodeFrame, eventFrame } from '../../event-stream-frame.ts';
import { converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import type { Side, Stage } from '../stage.ts';

/** The server writes several frames at once, because its own memory and time are not measured. */
const framesAtOnce = 100;
const frame = encodeFrame(
  eventFrame('contentBlockDelta', { delta: { text: 'x'.repeat(200) }, contentBlockIndex: 0 }),
);
const frames = { bytes: Buffer.concat(Array<Uint8Array>(framesAtOnce).fill(frame)) };
const samples = 5;

/** Compares the growth of the heap while a long stream is read, measured after garbage collections. */
export const heap: Check = {
  name: 'heap',
  async run(stage) {
    const { heapEvents, heapSlackBytes } = stage.options;
    if (typeof globalThis.gc !== 'function') return 'not measured: run Node.js with --expose-gc';
    // The first stream of a process also fills caches that all later streams share.
    for (const side of ['bare', 'instrumented'] as const)
      await heapGrowth(stage, side, Math.ceil(heapEvents / 10));
    let bare = 0;
    let instrumented = 0;
    let difference = Number.POSITIVE_INFINITY;
    // The figures include other temporary memory of the process, so a difference must occur every time.
    for (let round = 0; round < 3 && difference > heapSlackBytes; round += 1) {
      bare = await heapGrowth(stage, 'bare', heapEvents);
      instrumented = await heapGrowth(stage, 'instrumented', heapEvents);
      difference = instrumented - bare;
    }
    return {
      passed: difference <= heapSlackBytes,
      detail: `${difference} bytes more over ${heapEvents} events; ${heapSlackBytes} are allowed`,
      bare,
      instrumented,
    };
  },
};

/** @returns The largest growth in bytes at any of several points of the stream. */
function heapGrowth(stage: Stage, side: Side, eventCount: number): Promise<number> {
  const answer = { events: Array<typeof frames>(Math.ceil(eventCount / framesAtOnce)).fill(frames) };
  return stage.play(side, { server: { answer: () => answer } }, async ({ client }) => {
    const { stream } = await converseStream(client);
    const before = usedHeap();
    let growth = 0;
    let seen = 0;
    for await (const _event of stream ?? []) {
      seen += 1;
      if (seen % Math.ceil(eventCount / samples) === 0) growth = Math.max(growth, usedHeap() - before);
    }
    return growth;
  });
}

function usedHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
