import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { createHeaders, createPayi, type Payi, type PayiOptions, type Receipt } from '@payi/core';
import { type RunningPayi, type StartPayiOptions, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { annotations, createClient, modelId } from './clients.ts';

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  bedrock = await startBedrock();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => bedrock.close());

interface Setting {
  readonly server: RunningPayi;
  readonly payi: Payi;
  readonly client: BedrockRuntimeClient;
  readonly receipts: Receipt[];
}

async function start(
  faults: StartPayiOptions = {},
  delivery: PayiOptions['delivery'] = {},
): Promise<Setting> {
  const server = await startPayi(faults);
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route: 'direct',
    apiKey: server.apiKey,
    baseUrl: server.url,
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: () => {},
    delivery: { intervalMs: 5, minRetryMs: 5, maxRetryMs: 20, ...delivery },
  });
  const client = createClient(bedrock.clientConfig);
  registerBedrockClientCallbacks(client, proxiedOperations, { payi });
  cleanups.push(
    () => server.close(),
    () => payi.close({ timeoutMs: 10 }),
    () => client.destroy(),
  );
  return { server, payi, client, receipts };
}

describe("registerBedrockClientCallbacks() on route 'direct'", () => {
  it.each(proxiedOperations)(
    'reports no %s that its caller aborted before it was sent',
    async (operation) => {
      const { server, payi, client, receipts } = await start();
      const seen = bedrock.requests.length;
      const leave = new AbortController();
      const ends = [
        calls[operation](client, { modelId, abortSignal: AbortSignal.abort() }),
        calls[operation](client, { modelId, abortSignal: leave.signal }),
      ];
      leave.abort();
      for (const end of ends) await expect(end).rejects.toMatchObject({ name: 'AbortError' });
      await payi.flush({ timeoutMs: Infinity });
      expect([bedrock.requests.length, server.ledger, receipts]).toEqual([seen, [], []]);
    },
  );

  it.each(proxiedOperations)(
    'reports %s with its annotations and usage, and learns what it cost',
    async (operation) => {
      const { server, payi, client, receipts } = await start();
      const seen = bedrock.requests.length;
      await calls[operation](client, { modelId, extraHeaders: createHeaders(annotations) });
      expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
      expect(server.ledger).toHaveLength(1);
      expect(server.ledger[0]).toMatchObject({
        category: 'system.aws.bedrock',
        resource: modelId,
        annotations: {
          ...annotations,
          requestProperties: {
            'system.provider_response_id': receipts[0]?.providerResponseId,
          },
        },
        units: receipts[0]?.units,
        outcome: 'ok',
      });
      expect(receipts[0]?.units.text?.input).toBeGreaterThan(0);
      expect(receipts[0]?.cost?.total).toBe(server.ledger[0]?.cost?.total.base);
      const [event] = JSON.parse(String(server.requests[0]?.body));
      expect(event.provider_uri).toBe(bedrock.url);
      // Nothing of the prompt, nothing of the answer, no credential.
      expect(JSON.stringify(event)).not.toMatch(/water bottle|Authorization|AKID/i);
      const names = bedrock.requests.slice(seen).flatMap(({ headers }) => Object.keys(headers));
      expect(names.filter((name) => name.toLowerCase().startsWith('xproxy'))).toEqual([]);
    },
  );

  it('reports a call that the provider refused', async () => {
    const { server, payi, client } = await start();
    bedrock.answerNext({ error: { type: 'ValidationException' } });
    await expect(calls.Converse(client, { modelId })).rejects.toThrow();
    await payi.flush({ timeoutMs: Infinity });
    expect(server.ledger).toMatchObject([{ outcome: 'failed', providerStatus: 400 }]);
  });

  it('returns a call while Pay-i does not answer, and delivers when it does', async () => {
    let isDown = true;
    const { server, payi, client } = await start(
      { ingestFaults: () => (isDown ? { status: 503 } : undefined) },
      { maxRetryMs: 10 },
    );
    await calls.Converse(client, { modelId });
    await expect.poll(() => payi.stats().retried).toBeGreaterThan(2);
    expect(server.ledger).toEqual([]);
    isDown = false;
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    expect(server.ledger).toHaveLength(1);
  });
});
