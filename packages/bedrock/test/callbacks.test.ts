import {
  type AnnotatedRequest,
  createHeaders,
  createPayi,
  type Diagnostic,
  type ObservedResponse,
} from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { annotations, createClient, modelId } from './clients.ts';

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;

beforeAll(async () => {
  bedrock = await startBedrock();
  backend = await startPayi();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

describe('callbacks', () => {
  it.each(proxiedOperations)(
    'see request and response of each attempt of %s, without credentials',
    async (operation) => {
      const client = createClient(bedrock.clientConfig);
      const log: (AnnotatedRequest | ObservedResponse)[] = [];
      registerBedrockClientCallbacks(client, operation, {
        payi: createPayi({ apiKey: backend.apiKey, baseUrl: backend.url, defaults: { accountName: 'acme' } }),
        onRequest: (request) => log.push(request),
        onResponse: (response) => log.push(response),
      });
      bedrock.answerNext({ error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } });
      await calls[operation](client, {
        modelId,
        extraHeaders: { ...createHeaders(annotations), 'x-my-token': 'hidden', 'x-shown': 'shown' },
      });

      const seen = { ...annotations, accountName: 'acme' };
      expect(log).toMatchObject([
        { operation, annotations: seen, attempt: 1, method: 'POST', headers: { 'x-shown': 'shown' } },
        { operation, annotations: seen, attempt: 1, status: 503 },
        {
          operation,
          annotations: seen,
          attempt: 2,
          method: 'POST',
          headers: { 'xproxy-user-id': annotations.userId },
        },
        { operation, annotations: seen, attempt: 2, status: 200 },
      ]);
      const [request, response] = log as [AnnotatedRequest, ObservedResponse];
      expect(request.url).toMatch(`${backend.url}/api/v1/proxy/aws.bedrock/model/`);
      expect(response.latencyMs).toBeGreaterThan(0);
      expect(Object.keys(request.headers).join()).not.toMatch(/authorization|api-key|token/);
      expect(JSON.stringify(log)).not.toContain(backend.apiKey);
      expect(JSON.stringify(log)).not.toContain('Signature=');
      expect(JSON.stringify(log)).not.toContain('hidden');
      for (const event of log) {
        expect(
          Object.isFrozen(event) && Object.isFrozen(event.headers) && Object.isFrozen(event.annotations),
        ).toBe(true);
      }
      client.destroy();
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw new Error('from the callback');
      },
    ],
    ['rejects', () => Promise.reject(new Error('from the callback'))],
    ['never settles', () => new Promise(() => {})],
  ])('do not touch the call when one %s', async (kind, callback) => {
    const client = createClient(bedrock.clientConfig);
    const heard: Diagnostic[] = [];
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) }),
      onRequest: callback as () => void,
      onResponse: callback as () => void,
    });
    const text = await calls.InvokeModel(client, { modelId, extraHeaders: createHeaders(annotations) });
    expect(text).toContain('smart water bottle');
    const faults = kind === 'never settles' ? 0 : 2;
    expect(heard.map(({ code, operation }) => [code, operation])).toEqual(
      Array(faults).fill(['CALLBACK_FAILED', 'InvokeModel']),
    );
    client.destroy();
  });

  it('do not touch the call when the diagnostics hook itself throws', async () => {
    const client = createClient(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({
        route: 'headers',
        onDiagnostic: () => {
          throw new Error('from the hook');
        },
      }),
      onRequest: () => {
        throw new Error('from the callback');
      },
    });
    expect(await calls.InvokeModel(client, { modelId })).toContain('smart water bottle');
    client.destroy();
  });
});
