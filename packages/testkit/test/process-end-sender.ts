/**
 * A process that reports one call, for process-end.test.ts:
 *
 *     node process-end-sender.ts <base URL> <key> leave|wait|wait-first
 *
 * `leave`: ends when it is told to on its standard input, while the request for it is under way. `wait`: waits for its receipt, and writes what it cost;
 * `wait-first`: the same, and begins before the call has ended, as the reader of a stream may.
 */
import { once } from 'node:events';
// The sources themselves: this runs outside the test runner, which would find them by the names of the packages.
import { createPayi } from '../../core/src/create-payi.ts';
import { Observation } from '../../core/src/observation.ts';
import { whenSettled } from '../../core/src/receipts.ts';
import { resolvePayi } from '../../core/src/resolve-payi.ts';

const [baseUrl = '', apiKey = '', mode] = process.argv.slice(2);
const payi = createPayi({
  route: 'direct',
  baseUrl,
  apiKey,
  delivery: { intervalMs: mode === 'leave' ? 1 : 50, timeoutMs: 90_000 },
});
const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o-mini', annotations: {} };
const observation = new Observation(call, resolvePayi(payi));
observation.attempts = 1;
observation.httpStatus = 200;
observation.read('body', { units: { text: { input: 1000, output: 100 } } });
const response = {};
observation.attachTo(response);
const early = mode === 'wait-first' ? whenSettled(response) : undefined;
observation.settle('complete');
if (mode === 'leave') {
  await once(process.stdin, 'data');
  process.stdin.destroy();
} else console.log((await (early ?? whenSettled(response))).cost?.total);
