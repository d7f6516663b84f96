/**
 * A process that reports one call, for process-end.test.ts:
 *
 *     node process-end-sender.ts <base URL> <key> <mode>
 *
 * `leave`: ends when it is told to on its standard input, while the request for it is under way, and writes at its end
 * how many connections are still open. `exit`: ends in the
 * same turn as the call; `offline-exit`: the same, with the event to be written to the output. `wait`: waits for its
 * receipt, and writes what it cost; `wait-first`: the same, and begins before the call has ended, as the reader of a
 * stream may. `flush`: waits until the event is delivered, however long that takes.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { whenSettled } from '../../src/call/receipts.ts';
import { createPayi } from '../../src/settings/create-payi.ts';
import { observeCall } from './observe-call.ts';

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
// What is loaded when a client is registered is there when its first call is answered.
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
