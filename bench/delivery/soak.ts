/**
 * 50,000 events through a Pay-i that fails about half of its requests: each has to be in its ledger once, in bounded
 * memory, without a rejected promise.
 *
 *     npx --yes pnpm@12.21.0 run build && node --expose-gc bench/delivery/soak.ts [seed] [events]
 *
 * Pay-i runs in a process of its own, so that the memory that is measured is the sender's.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPayi } from '@payi/core';
import { startPayi } from '@payi/testkit';
import { randomFaults } from '../../packages/core/test/delivery/random-faults.ts';
import { settleCall } from './settle-call.ts';

const [seed, eventCount] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 50_000)];

if (process.argv[4] === 'server') await serve();
else await soak();

async function serve(): Promise<void> {
  const server = await startPayi({ ingestFaults: randomFaults(seed) });
  process.send?.({ url: server.url, apiKey: server.apiKey });
  process.on('message', () => {
    const ids = server.ledger.map(({ providerResponseId }) => providerResponseId);
    process.send?.({ entries: ids.length, ids: new Set(ids).size, requests: server.requests.length });
  });
  process.on('disconnect', () => process.exit());
}

async function soak(): Promise<void> {
  const rejections: unknown[] = [];
  process.on('unhandledRejection', (reason) => rejections.push(reason));
  const server = fork(fileURLToPath(import.meta.url), [String(seed), String(eventCount), 'server']);
  const [{ url, apiKey }] = await once(server, 'message');
  const payi = createPayi({
    route: 'direct',
    baseUrl: url,
    apiKey,
    onDiagnostic: () => {},
    delivery: { intervalMs: 5, minRetryMs: 1, maxRetryMs: 20, timeoutMs: 5000, maxQueuedEvents: 5000 },
  });
  const startedAt = performance.now();
  let mostQueued = 0;
  const heaps: number[] = [];
  for (let index = 0; index < eventCount; index += 1) {
    while (payi.stats().queued >= 4900) await wait(5);
    settleCall(payi, `call-${index}`);
    mostQueued = Math.max(mostQueued, payi.stats().queued);
    if (index % 100 === 99) await wait(1);
    if (index % 5000 === 4999) heaps.push(heapMegabytes());
  }
  const isEmpty = await payi.flush({ timeoutMs: 120_000 });
  heaps.push(heapMegabytes());
  const seconds = (performance.now() - startedAt) / 1000;
  server.send('count');
  const [ledger] = await once(server, 'message');
  const stats = payi.stats();
  await payi.close();
  server.disconnect();
  const isExact =
    isEmpty && ledger.entries === eventCount && ledger.ids === eventCount && rejections.length === 0;
  process.stdout.write(
    `${JSON.stringify({ seed, ledger, stats, mostQueued, heapMegabytes: heaps, rejections: rejections.length, seconds })}\n` +
      `${isExact ? 'every event once' : 'NOT every event once'}\n`,
  );
  process.exitCode = isExact ? 0 : 1;
}

function heapMegabytes(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e5) / 10;
}
