import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { cleanups, gate, settle, start, startIngest } from './start-delivery.ts';

// On Cloudflare Workers, what a request has begun ends with it.
it('sends, with waitUntil, on behalf of a request that still waits', async () => {
  const requests = new AsyncLocalStorage<string>();
  const sentFor: unknown[] = [];
  const onSend = (message: unknown): void => {
    const { path } = (message as { request: { path: string } }).request;
    if (path.includes('/ingest')) sentFor.push(requests.getStore());
  };
  subscribe('undici:request:create', onSend);
  cleanups.push(() => unsubscribe('undici:request:create', onSend));

  const [arrived, released] = [gate(), gate()];
  const baseUrl = await startIngest(async ({ ids }) => {
    if (ids.includes('one')) {
      arrived.open();
      await released.promise;
    }
    return {};
  });
  const waits: Promise<unknown>[] = [];
  const { payi } = await start({ waitUntil: (promise) => void waits.push(promise) }, {}, { baseUrl });
  requests.run('first', () => settle(payi, 'one'));
  await arrived.promise;
  requests.run('second', () => settle(payi, 'two'));
  released.open();
  await Promise.all(waits);
  expect(sentFor).toEqual(['first', 'second']);
  expect(payi.stats()).toMatchObject({ sent: 2, queued: 0 });
});
