import { randomNumbers } from '../../../../internal/testing/random-numbers.ts';
// By a relative path, because benchmarks use this too.
import type { IngestFaultScript } from '../../../testkit/src/payi/ingest-fault.ts';

/** Breaks about half of the requests, in every way that an event must survive. */
export function randomFaults(seed: number): IngestFaultScript {
  const random = randomNumbers(seed);
  // Each takes the whole time limit of a request.
  let delays = 0;
  return ({ eventCount }) => {
    const kind = Math.floor(random() * 20);
    const status = [500, 502, 503, 504, 408, 409, 425][kind];
    if (status !== undefined) return { status };
    if (kind === 7) return { status: 429, retryAfter: 0.01 };
    if (kind === 8) return { reset: 'before-commit' };
    if (kind === 9) return { reset: 'after-commit' };
    if (kind === 10 && delays < 2) {
      delays += 1;
      return { delayMs: 3_600_000 };
    }
    if (kind === 11) {
      return { itemErrors: [{ index: Math.floor(random() * eventCount), statusCode: 503 }] };
    }
    return undefined;
  };
}
