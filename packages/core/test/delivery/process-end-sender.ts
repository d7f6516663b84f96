/**
 * A process that reports one call, for process-end.test.ts:
 *
 *     node process-end-sender.ts <base URL> <key> <mode>
 *
 * - `leave`: ends when its standard input says so, while its request is under way. Writes how many connections are open.
 * - `exit`: ends in the same turn as the call.
 * - `offline-exit`: the same in offline mode. Writes the event.
 * - `wait`: waits for its receipt and writes what it cost.
 * - `wait-first`: the same, and begins to wait before the call has ended.
 * - `flush`: waits until the event is delivered, without a limit of time.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { whenSettled } from '../../src/call/receipts.ts';
import { createPayi } from '../../src/settings/create-payi.ts';
import { observeCall } from './observe-call.ts';

// A process stays ten seconds for a receipt. No test may depend on that the machine needs less.
const { setTimeout } = globalThis;
globalThis.setTimeout = ((run: () => void, delayMs?: number) =>
  setTimeout(run, delayMs === 10_000 ? 600_000 : delayMs)) as typeof setTimeout;

const [baseUrl = '', apiKey = '', mode] = process.argv.slice(2);
const payi = createPayi({
  route: 'direct',
  baseUrl,
  apiKey,
  delivery: {
    intervalMs: mode === 'leave' ? 1 : 50,
    timeoutMs: Infinity,
    ...(mode === 'offline-exit' && { offline: (lines) => void writeSync(1, lines.join('\n')) }),
  },
});
const observation = observeCall(payi);
// Loaded when a client is registered, it is there when the first call is answered.
if (mode === 'offline-exit') await import('../../src/delivery/delivery.ts');
const response = {};
observation.attachTo(response);
const early = mode === 'wait-first' ? whenSettled(response) : undefined;
observation.settle('complete');
if (mode?.endsWith('exit')) process.exit();
else if (mode === 'leave') {
  process.on('exit', () => {
    const { libuv } = process.report.getReport() as unknown as {
      libuv: readonly { readonly type: string }[];
    };
    console.log(libuv.filter(({ type }) => type === 'tcp').length);
  });
  await once(process.stdin, 'data');
  process.stdin.destroy();
} else if (mode === 'flush') console.log(await payi.flush({ timeoutMs: Infinity }));
else console.log((await (early ?? whenSettled(response))).cost?.total);
