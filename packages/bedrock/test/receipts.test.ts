import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createHeaders, createPayi, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '../src/index.ts';
import { createClient, profileArn, type TransportName } from './clients.ts';

const claude = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 50,
  messages: [{ role: 'user', content: 'Tell me a story' }],
});
const messages = [{ role: 'user' as const, content: [{ text: 'Tell me a story' }] }];
const operations = ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'] as const;
const routes = ['proxy', 'headers'] as const;

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;
const clients: BedrockRuntimeClient[] = [];

beforeAll(async () => {
  bedrock = await startBedrock();
  backend = await startPayi({ limits: [{ id: 'spent', max: 0.000_001, type: 'block' }] });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

interface Observed {
  readonly client: BedrockRuntimeClient;
  /** Every receipt that `onReceipt` was given. */
  readonly receipts: Receipt[];
}

function observe(
  route: (typeof routes)[number],
  transport: TransportName = 'h2',
  options: BedrockCallbackOptions = {},
): Observed {
  const receipts: Receipt[] = [];
  const client = createClient({ ...bedrock.clientConfig, maxAttempts: 3 }, transport);
  clients.push(client);
  const payi = createPayi({
    route,
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
  });
  registerBedrockClientCallbacks(client, operations, { payi, ...options });
  return { client, receipts };
}

/** Sends one call; `leaveAt` names the event at which its reader breaks out of the stream. */
async function call(
  client: BedrockRuntimeClient,
  operation: (typeof operations)[number],
  modelId: string,
  leaveAt?: string,
): Promise<object> {
  const extraHeaders = createHeaders({ userId: 'reader' });
  switch (operation) {
    case 'InvokeModel':
      return client.send(new InvokeModelCommand({ modelId, body, extraHeaders }));
    case 'Converse':
      return client.send(new ConverseCommand({ modelId, messages, extraHeaders }));
    case 'InvokeModelWithResponseStream': {
      const response = await client.send(
        new InvokeModelWithResponseStreamCommand({ modelId, body, extraHeaders }),
      );
      for await (const { chunk } of response.body ?? []) {
        const event = JSON.parse(new TextDecoder().decode(chunk?.bytes)) as { type: string };
        if (event.type === leaveAt) break;
      }
      return response;
    }
    case 'ConverseStream': {
      const response = await client.send(new ConverseStreamCommand({ modelId, messages, extraHeaders }));
      for await (const event of response.stream ?? []) {
        if (leaveAt !== undefined && leaveAt in event) break;
      }
      return response;
    }
  }
}

const stop: Record<string, string> = {
  InvokeModelWithResponseStream: 'message_delta',
  ConverseStream: 'messageStop',
};

const cells = operations.flatMap((operation) =>
  [claude, profileArn].flatMap((modelId) =>
    [false, true].flatMap((isCached) =>
      ['end', ...(operation in stop ? ['stop'] : [])].flatMap((until) =>
        routes.map((route) => ({ operation, modelId, isCached, until, route })),
      ),
    ),
  ),
);

describe('a receipt', () => {
  it.each(cells)(
    'counts exactly: $operation of $modelId, cache $isCached, read to the $until, route $route',
    async ({ operation, modelId, isCached, until, route }) => {
      const { client, receipts } = observe(route);
      bedrock.answerNext({
        text: 'Once upon a time',
        usage: {
          inputTokens: 120,
          outputTokens: 45,
          ...(isCached && { cacheReadInputTokens: 1000, cacheWriteInputTokens: 300 }),
        },
      });
      const response = await call(client, operation, modelId, until === 'stop' ? stop[operation] : undefined);
      const receipt = await whenSettled(response);
      expect(receipt).toMatchObject({
        category: 'system.aws.bedrock',
        operation,
        resource: modelId,
        annotations: { userId: 'reader' },
        outcome: 'complete',
        units: {
          text: { input: 120, output: 45 },
          ...(isCached && { text_cache_read: { input: 1000 }, text_cache_write: { input: 300 } }),
        },
        httpStatus: 200,
        attempts: 1,
        warnings: [],
      });
      expect(Object.keys(receipt.units)).toHaveLength(isCached ? 3 : 1);
      expect(receipt.providerResponseId).toBe(bedrock.requests.at(-1)?.requestId);
      if (route === 'proxy') {
        const entry = backend.ledger.at(-1);
        expect(receipt.requestId).toBe(entry?.requestId);
        expect(receipt.cost?.total).toBe(entry?.cost?.total.base);
        if (modelId === claude) expect(receipt.cost?.total).toBeGreaterThan(0);
      } else {
        expect(receipt).not.toHaveProperty('cost');
      }
      expect(receipts).toEqual([receipt]);
      expect(receiptOf(response)).toBe(receipt);
    },
  );

  it('splits cache writes by lifetime, which the headers of InvokeModel do not', async () => {
    const { client } = observe('headers');
    bedrock.answerNext({
      usage: { inputTokens: 5, outputTokens: 6, cacheWrite5mInputTokens: 20, cacheWrite1hInputTokens: 80 },
    });
    const receipt = await whenSettled(await call(client, 'InvokeModel', claude));
    expect(receipt.units).toEqual({
      text: { input: 5, output: 6 },
      text_cache_write: { input: 20 },
      text_cache_write_1h: { input: 80 },
    });
    expect(receipt).toMatchObject({ usageSource: 'body', warnings: [] });
  });

  it('warns when two sources disagree', async () => {
    const { client } = observe('headers');
    bedrock.answerNext({
      usage: { inputTokens: 5, outputTokens: 6, cacheWriteInputTokens: 10 },
      headers: { 'x-amzn-bedrock-output-token-count': '7' },
    });
    const receipt = await whenSettled(await call(client, 'InvokeModel', claude));
    expect(receipt.units.text).toEqual({ input: 5, output: 6 });
    expect(receipt.warnings).toEqual(['sources disagree on text.output: body 6, response-headers 7']);
  });

  it('leaves unknown what nothing tells, rather than 0', async () => {
    const { client } = observe('headers');
    bedrock.answerNext({ bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47), contentType: 'image/png' });
    const response = await client.send(
      new InvokeModelCommand({ modelId: 'stability.sd3-large-v1:0', body: '{}' }),
    );
    expect(receiptOf(response)).toMatchObject({ outcome: 'complete', units: {}, usageSource: 'none' });
    expect([...response.body]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  });

  it('counts all attempts of a call as one', async () => {
    const { client, receipts } = observe('proxy');
    const busy = { error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } };
    bedrock.answerNext(busy, busy);
    await call(client, 'Converse', claude);
    expect(receipts).toHaveLength(1);
    expect(receipts[0]).toMatchObject({ outcome: 'complete', attempts: 3, httpStatus: 200 });
  });

  it.each(operations)('of a failed %s says why, and is kept beside the error', async (operation) => {
    const { client, receipts } = observe('headers');
    bedrock.answerNext({ error: { type: 'ValidationException', status: 400, message: 'no such model' } });
    const error = (await call(client, operation, claude).catch((thrown: unknown) => thrown)) as Error;
    expect(error.name).toBe('ValidationException');
    expect(receiptOf(error)).toMatchObject({
      outcome: 'failed',
      httpStatus: 400,
      attempts: 1,
      units: {},
      properties: { 'system.failure': 'ValidationException', 'system.failure.description': 'no such model' },
    });
    expect(receipts).toEqual([receiptOf(error)]);
  });

  it('of a call that Pay-i refused has the code of Pay-i', async () => {
    const client = createClient(bedrock.clientConfig);
    clients.push(client);
    const payi = createPayi({ apiKey: 'another', baseUrl: backend.url });
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    const error = await call(client, 'Converse', claude).catch((thrown: unknown) => thrown);
    expect(receiptOf(error as Error)).toMatchObject({
      outcome: 'failed',
      httpStatus: 401,
      properties: { 'system.failure': 'invalid_api_key' },
    });
  });

  it('is not made for a call that never left the process', async () => {
    const { client, receipts } = observe('headers');
    const command = new ConverseCommand({ modelId: claude, messages, extraHeaders: { host: 'x' } });
    await expect(client.send(command)).rejects.toThrow();
    expect(receipts).toEqual([]);
  });

  it('cannot be waited for by an object that nobody observed', async () => {
    await expect(whenSettled({})).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect(receiptOf({})).toBeUndefined();
  });
});
