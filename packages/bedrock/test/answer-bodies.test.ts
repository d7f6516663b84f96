import { Readable } from 'node:stream';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type Receipt } from '@payi/core';
import { type RunningBedrock, startBedrock } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';

// Request handlers other than Node's give bodies of other kinds: `FetchHttpHandler` elsewhere, stubs, recorders.

let bedrock: RunningBedrock;
beforeAll(async () => {
  bedrock = await startBedrock({ verifySignatures: false });
});
afterAll(() => bedrock.close());

const modelId = 'amazon.nova-lite-v1:0';
const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];

const webStream = (bytes: Uint8Array): ReadableStream => new Blob([bytes.slice()]).stream();
const bodies: Record<string, (bytes: Uint8Array) => unknown> = {
  'a Node stream': (bytes) => Readable.from([Buffer.from(bytes)]),
  'an async iterable': async function* (bytes) {
    yield bytes.subarray(0, 5);
    yield bytes.subarray(5);
  },
  'a web stream': webStream,
  'a web stream without an async iterator': (bytes) =>
    Object.defineProperty(webStream(bytes), Symbol.asyncIterator, { value: undefined }),
  'a Uint8Array': (bytes) => bytes,
  'a Blob': (bytes) => new Blob([bytes.slice()]),
  'an ArrayBuffer': (bytes) => bytes.slice().buffer,
  text: (bytes) => Buffer.from(bytes).toString(),
  nothing: () => undefined,
};

const calls: Record<string, (client: BedrockRuntimeClient) => Promise<unknown>> = {
  async Converse(client) {
    const { output, usage } = await client.send(new ConverseCommand({ modelId, messages }));
    return [output?.message?.content?.[0]?.text, usage?.outputTokens];
  },
  async InvokeModel(client) {
    const { body } = await client.send(new InvokeModelCommand({ modelId, body: '{}' }));
    return body.transformToString();
  },
  async ConverseStream(client) {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }));
    let text = '';
    for await (const event of stream ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
    return text;
  },
};
const paths: Record<string, string> = {
  Converse: 'converse',
  InvokeModel: 'invoke',
  ConverseStream: 'converse-stream',
};

async function answerOf(operation: string): Promise<{ bytes: Uint8Array; type: string }> {
  const response = await fetch(`${bedrock.url}/model/amazon.nova-lite-v1%3A0/${paths[operation]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] }),
  });
  const type = response.headers.get('content-type') ?? '';
  return { bytes: new Uint8Array(await response.arrayBuffer()), type };
}

const ways = {
  'route headers': { route: 'headers' },
  'route proxy': { route: 'proxy' },
  'route direct': { route: 'direct' },
  'route direct with capture': { route: 'direct', capture: true },
} as const;

describe.each(Object.keys(calls))('%s', (operation) => {
  it.each(Object.entries(bodies))('gives the same as without Pay-i for %s', async (_, bodyOf) => {
    const { bytes, type } = await answerOf(operation);
    const open = (): BedrockRuntimeClient =>
      new BedrockRuntimeClient({
        ...bedrock.clientConfig,
        maxAttempts: 1,
        requestHandler: {
          handle: async () => ({
            response: { statusCode: 200, headers: { 'content-type': type }, body: bodyOf(bytes) },
          }),
        } as never,
      });
    const seen = (client: BedrockRuntimeClient): Promise<unknown> =>
      calls[operation]?.(client).catch(
        (error: Error) => `threw ${error.name}: ${error.message}`,
      ) as Promise<unknown>;
    const bare = await seen(open());
    for (const [way, options] of Object.entries(ways)) {
      const receipts: Receipt[] = [];
      const client = open();
      registerBedrockClientCallbacks(client, ['Converse', 'InvokeModel', 'ConverseStream'], {
        payi: createPayi({
          ...options,
          apiKey: 'key',
          delivery: { offline: () => {} },
          onReceipt: (receipt) => receipts.push(receipt),
        }),
      });
      const withPayi = await seen(client);
      // What has to be read for its receipt can be read by the SDK afterwards, even where it could not before.
      if (!`${bare}`.startsWith('threw')) expect([way, withPayi]).toEqual([way, bare]);
      await expect.poll(() => receipts.length, { message: way }).toBe(1);
      if (`${bare}`.startsWith('This')) expect(receipts[0]?.units.text?.output).toBeGreaterThan(0);
    }
  });
});
