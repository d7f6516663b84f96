import { createPayi } from '@payi/core';
import { startPayi } from '@payi/testkit';
import { expect, it } from 'vitest';
import { observeCall, providerIdOf } from './observe-call.ts';
import { randomFaults } from './random-faults.ts';

it('brings 5,000 events into the ledger once each, through random faults', async () => {
  await using server = await startPayi({ ingestFaults: randomFaults(7) });
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  const messages: string[] = [];
  const payi = createPayi({
    route: 'direct',
    baseUrl: server.url,
    apiKey: server.apiKey,
    onDiagnostic: ({ message }) => messages.push(message),
    delivery: { intervalMs: 2, minRetryMs: 1, maxRetryMs: 10, timeoutMs: 5000, maxQueuedEvents: 5000 },
  });
  const ids: string[] = [];
  for (let burst = 0; burst < 50; burst += 1) {
    for (let index = 0; index < 100; index += 1) {
      const id = `call-${ids.length}`;
      ids.push(id);
      observeCall(payi, id).settle('complete');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
  await payi.close();
  process.off('unhandledRejection', onRejection);

  expect(server.ledger.map(providerIdOf).sort()).toEqual(ids.sort());
  expect(payi.stats()).toMatchObject({ queued: 0, sent: 5000, rejected: 0, dropped: 0, bytes: 0 });
  expect(payi.stats().retried).toBeGreaterThan(100);
  expect(rejections).toEqual([]);
  for (const message of messages) expect(message).toContain('held back');
});
