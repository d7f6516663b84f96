// By a relative path, because benchmarks use this too.
import type { IngestFaultScript } from '../../../testkit/src/payi/ingest-fault.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Breaks about half of the requests, in every way that an event must survive. */
export function randomFaults(seed: number): IngestFaultScript {
  const random = randomNumbers(seed);
  return ({ eventCount }) => {
    const kind = Math.floor(random() * 20);
    const status = [500, 502, 503, 504, 408, 409, 425][kind];
    if (status !== undefined) return { status };
    if (kind === 7) return { status: 429, retryAfter: 0.01 };
    if (kind === 8) return { reset: 'before-commit' };
    if (kind === 9) return { reset: 'after-commit' };
    if (kind === 10) return { delayMs: 150 };
    if (kind === 11) {
      return { itemErrors: [{ index: Math.floor(random() * eventCount), statusCode: 503 }] };
    }
    return undefined;
  };
}
