import { createHeaders, createPayi, type Receipt } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { calls } from './calls.ts';
import { createClient, modelId, transportNames } from './clients.ts';

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;
beforeAll(async () => {
  bedrock = await startBedrock();
  backend = await startPayi();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

const rows = transportNames.flatMap((transport) => [
  { transport, which: 'the first call' },
  { transport, which: 'a later call' },
]);

describe.each(rows)('$which of a process, over $transport,', ({ transport, which }) => {
  it('keeps the registration that it began with', async () => {
    // As in a new process: what calls need is not loaded yet.
    vi.resetModules();
    const { registerBedrockClientCallbacks } = await import('../src/index.ts');
    const client = createClient(bedrock.clientConfig, transport);
    const receipts: Receipt[] = [];
    const register = (accountName: string) =>
      registerBedrockClientCallbacks(client, 'Converse', {
        payi: createPayi({
          apiKey: backend.apiKey,
          baseUrl: backend.url,
          defaults: { accountName },
          onReceipt: (receipt) => receipts.push(receipt),
        }),
      });
    const first = register('first');
    const call = () => calls.Converse(client, { modelId, extraHeaders: createHeaders({ userId: 'u-42' }) });
    if (which === 'a later call') await call();
    receipts.length = 0;
    const before = backend.requests.length;
    const begun = call();
    first.unregister();
    const second = register('second');
    await begun;
    expect(receipts).toMatchObject([{ annotations: { accountName: 'first', userId: 'u-42' } }]);
    expect(backend.requests).toHaveLength(before + 1);
    const last = call();
    second.unregister();
    await last;
    expect(receipts).toMatchObject([{}, { annotations: { accountName: 'second' } }]);
    expect(backend.requests).toHaveLength(before + 2);
    client.destroy();
  });
});
