import { resolvePayi } from '@payi/core/adapter';
import { Observation } from '@payi/core/calls';
import { describe, expect, it } from 'vitest';
import { idsIn, settle, start, untilDone } from './start-delivery.ts';

describe("createPayi({ route: 'direct' })", () => {
  it('reports a call with its annotations', async () => {
    const { server, payi } = await start();
    settle(payi, 'one', { userId: 'u1', limitIds: ['l1'], requestProperties: { shift: 'night' } });
    expect(await payi.flush(untilDone)).toBe(true);
    expect(server.ledger).toMatchObject([
      {
        category: 'system.openai',
        resource: 'gpt-4o-mini',
        annotations: {
          userId: 'u1',
          limitIds: ['l1'],
          requestProperties: { shift: 'night', 'system.provider_response_id': 'one' },
        },
        units: { text: { input: 1000, output: 100 } },
        providerResponseId: expect.stringMatching(/^payi_/),
        outcome: 'ok',
      },
    ]);
    expect(payi.stats()).toMatchObject({
      queued: 0,
      sent: 1,
      retried: 0,
      rejected: 0,
      dropped: 0,
      bytes: 0,
    });
  });

  it('does not report a call that never left the process', async () => {
    const { server, payi, receipts } = await start({}, {}, { onReceipt: true });
    const call = { category: 'system.openai', operation: 'chat', resource: 'm', annotations: {} };
    new Observation(call, resolvePayi(payi)).settle('failed');
    await payi.flush(untilDone);
    expect(receipts).toMatchObject([{ attempts: 0, outcome: 'failed' }]);
    expect(server.requests).toEqual([]);
  });

  it('hands the delivery of each call to waitUntil', async () => {
    const promises: Promise<unknown>[] = [];
    const { server, payi } = await start({ waitUntil: (promise) => void promises.push(promise) });
    settle(payi, 'one');
    settle(payi, 'two');
    expect(promises).toHaveLength(2);
    await Promise.all(promises);
    expect(idsIn(server)).toEqual(['one', 'two']);
  });

  it('reports a waitUntil that throws or rejects, and delivers', async () => {
    const problem = new Error('no request is being served');
    for (const waitUntil of [
      () => {
        throw problem;
      },
      async () => Promise.reject(problem),
    ]) {
      const { server, payi, diagnostics } = await start({ waitUntil });
      settle(payi, 'one');
      await payi.flush(untilDone);
      expect(diagnostics).toMatchObject([{ code: 'CALLBACK_FAILED', operation: 'chat', cause: problem }]);
      expect(idsIn(server)).toEqual(['one']);
    }
  });
});
