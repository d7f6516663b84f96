import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Diagnostic, type Receipt, type Route } from '@payi/core';
import { describe, expect, it, vi } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, type ProxiedOperation, proxiedOperations } from './calls.ts';
import { modelId } from './clients.ts';
import { localServers } from './local-servers.ts';

const fault = vi.hoisted(() => () => {
  throw new RangeError('a reader of ours failed');
});
// Whatever reads an answer or a part of it.
vi.mock(import('../../core/src/usage/converse.ts'), () => ({
  readConverse: fault,
  readConverseEvent: fault,
}));
vi.mock(import('../../core/src/usage/bedrock-body.ts'), () => ({
  readBedrockBody: fault,
  readBedrockChunk: fault,
}));
vi.mock(import('../../core/src/usage/readers.ts'), async (actual) => ({
  ...(await actual()),
  readTokenCountHeaders: fault,
}));

const servers = localServers();

describe.each(['headers', 'proxy', 'direct'] satisfies Route[])(
  'on route %s, a fault of a reader',
  (route) => {
    it.each(proxiedOperations)(
      'does not reach the caller of %s, and is told',
      async (operation: ProxiedOperation) => {
        const receipts: Receipt[] = [];
        const diagnostics: Diagnostic[] = [];
        const bare = new BedrockRuntimeClient(servers.bedrock.clientConfig);
        const client = new BedrockRuntimeClient(servers.bedrock.clientConfig);
        registerBedrockClientCallbacks(client, operation, {
          payi: createPayi({
            route,
            apiKey: servers.backend.apiKey,
            baseUrl: servers.backend.url,
            delivery: { offline: () => {} },
            onReceipt: (receipt) => receipts.push(receipt),
            onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
          }),
        });
        expect(await calls[operation](client, { modelId })).toBe(await calls[operation](bare, { modelId }));
        await expect.poll(() => receipts.length).toBe(1);
        expect(receipts[0]?.units).toEqual({});
        expect(diagnostics).toMatchObject([{ code: 'INTERNAL_FAULT', operation }]);
        client.destroy();
        bare.destroy();
      },
    );
  },
);
