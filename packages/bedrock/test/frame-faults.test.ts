import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Diagnostic, type Receipt } from '@payi/core';
import { expect, it, vi } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls } from './calls.ts';
import { modelId } from './clients.ts';
import { localServers } from './local-servers.ts';

vi.mock(import('../../core/src/http/event-frames.ts'), async (actual) => ({
  ...(await actual()),
  frameReader: () => () => {
    throw new RangeError('a reader of ours failed');
  },
}));

const servers = localServers();

it('a fault while frames are read does not reach the caller, and costs Pay-i’s result alone', async () => {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const bare = new BedrockRuntimeClient(servers.bedrock.clientConfig);
  const client = new BedrockRuntimeClient(servers.bedrock.clientConfig);
  registerBedrockClientCallbacks(client, 'ConverseStream', {
    payi: createPayi({
      apiKey: servers.backend.apiKey,
      baseUrl: servers.backend.url,
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    }),
  });
  expect(await calls.ConverseStream(client, { modelId })).toBe(await calls.ConverseStream(bare, { modelId }));
  expect(diagnostics).toMatchObject([{ code: 'INTERNAL_FAULT', operation: 'ConverseStream' }]);
  expect(receipts).toMatchObject([
    { outcome: 'complete', warnings: ["Pay-i's result of ConverseStream could not be read"] },
  ]);
  expect(receipts[0]?.units.text?.output).toBeGreaterThan(0);
  client.destroy();
  bare.destroy();
});
