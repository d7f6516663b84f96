import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  type Annotations,
  createHeaders,
  createPayi,
  HeaderEncodingError,
  type PayiOptions,
  parseHeaders,
  type Receipt,
  receiptOf,
  whenSettled,
} from '@payi/core';
import { getContext, track } from '@payi/core/context';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../internal/testing/random-numbers.ts';
import { testSeed } from '../../../internal/testing/test-seed.ts';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { createClient, modelId } from './clients.ts';

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;
const clients: BedrockRuntimeClient[] = [];

beforeAll(async () => {
  bedrock = await startBedrock();
  backend = await startPayi();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

function createRegisteredClient(options: PayiOptions = { route: 'headers' }): {
  client: BedrockRuntimeClient;
  receipts: Receipt[];
} {
  const client = createClient(bedrock.clientConfig);
  clients.push(client);
  const receipts: Receipt[] = [];
  const payi = createPayi({
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
    ...options,
  });
  registerBedrockClientCallbacks(client, proxiedOperations, { payi });
  return { client, receipts };
}

const messages = [{ role: 'user' as const, content: [{ text: 'Tell me a story' }] }];
const converse = (client: BedrockRuntimeClient) => client.send(new ConverseCommand({ modelId, messages }));
const converseStream = (client: BedrockRuntimeClient) =>
  client.send(new ConverseStreamCommand({ modelId, messages }));

/** What the local Bedrock saw of the annotations of its last request. */
const received = (): Annotations => parseHeaders(bedrock.requests.at(-1)?.headers ?? {});

describe('a Bedrock call in a context', () => {
  it.each(proxiedOperations)('%s carries the annotations of the context', async (operation) => {
    const { client, receipts } = createRegisteredClient();
    await track({ userId: 'u1', limitIds: ['l1'], useCaseName: 'chat', useCaseId: 'c-1' }, () =>
      calls[operation](client, { modelId }),
    );
    const expected = { userId: 'u1', limitIds: ['l1'], useCaseName: 'chat', useCaseId: 'c-1' };
    expect(received()).toEqual(expected);
    expect(receipts).toMatchObject([{ operation, annotations: expected }]);
  });

  it('is charged by Pay-i to the user of the context', async () => {
    const { client } = createRegisteredClient({ route: 'proxy' });
    await track({ userId: 'of-the-context' }, () => converse(client));
    expect(backend.ledger.at(-1)?.annotations).toMatchObject({ userId: 'of-the-context' });
  });

  it('shows the provider nothing of the context on route direct', async () => {
    const { client } = createRegisteredClient({ route: 'direct' });
    const response = await track({ userId: 'u1' }, () => converse(client));
    expect(Object.keys(bedrock.requests.at(-1)?.headers ?? {}).join()).not.toMatch(/xproxy/i);
    expect(receiptOf(response)).toMatchObject({ annotations: { userId: 'u1' } });
  });

  it('is below its own extraHeaders and above the defaults of its Payi', async () => {
    const defaults = { userId: 'default', accountName: 'default', limitIds: ['default'] };
    const { client } = createRegisteredClient({ route: 'headers', defaults });
    const extraHeaders = createHeaders({ userId: 'call' });
    await track({ userId: 'context', accountName: 'context', limitIds: ['context'] }, () =>
      calls.Converse(client, { modelId, extraHeaders }),
    );
    expect(received()).toEqual({
      userId: 'call',
      accountName: 'context',
      limitIds: ['default', 'context'],
    });
    await calls.Converse(client, { modelId });
    expect(received()).toEqual(defaults);
  });

  it('is one use case instance for all calls', async () => {
    const { client } = createRegisteredClient();
    const id = await track({ useCaseName: 'chat' }, async () => {
      await converse(client);
      await sleep(1);
      await converse(client);
      return getContext()?.useCaseId;
    });
    const ids = bedrock.requests.slice(-2).map(({ headers }) => parseHeaders(headers).useCaseId);
    expect(ids).toEqual([id, id]);
  });

  it('carries the annotations on every attempt', async () => {
    const { client } = createRegisteredClient();
    bedrock.answerNext({ error: { type: 'ServiceUnavailableException', message: 'try again' } });
    await track({ userId: 'u1' }, () => converse(client));
    const users = bedrock.requests.slice(-2).map(({ headers }) => parseHeaders(headers).userId);
    expect(users).toEqual(['u1', 'u1']);
  });

  it('never has the annotations of a call at the same time', async () => {
    const { client, receipts } = createRegisteredClient();
    const start = bedrock.requests.length;
    const random = randomNumbers(testSeed());
    const task = (userId: string) =>
      track({ userId, requestProperties: { of: userId } }, async () => {
        await sleep(random() * 5);
        await converse(client);
        await sleep(random() * 5);
        for await (const _ of (await converseStream(client)).stream ?? []);
      });
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    await Promise.all(users.map(task));
    const seen = bedrock.requests.slice(start).map(({ headers }) => parseHeaders(headers));
    expect(seen).toHaveLength(100);
    for (const { userId, requestProperties } of seen) expect(requestProperties).toEqual({ of: userId });
    expect(receipts.map(({ annotations }) => annotations.userId).sort()).toEqual([...users, ...users].sort());
  });

  it('is not needed: without one nothing is added', async () => {
    const { client } = createRegisteredClient();
    track({ userId: 'u1' }, () => {});
    await converse(client);
    expect(received()).toEqual({});
  });

  it('adds nothing to an operation that is not registered', async () => {
    const client = createClient(bedrock.clientConfig);
    clients.push(client);
    await track({ userId: 'u1' }, () => converse(client));
    expect(received()).toEqual({});
  });

  it('is refused, and not sent, when context and defaults are too large together', async () => {
    const ids = (name: string) => Array.from({ length: 500 }, (_, index) => `${name}-${index}`);
    const { client } = createRegisteredClient({ route: 'headers', defaults: { limitIds: ids('default') } });
    const sent = bedrock.requests.length;
    await expect(track({ limitIds: ids('context') }, () => converse(client))).rejects.toThrow(
      HeaderEncodingError,
    );
    expect(bedrock.requests).toHaveLength(sent);
  });
});

describe('a Bedrock stream and its context', () => {
  it('belongs to the context of the call when it is read outside of every context', async () => {
    const { client } = createRegisteredClient();
    const response = await track({ userId: 'caller' }, () => converseStream(client));
    for await (const _ of response.stream ?? []) expect(getContext()).toBeUndefined();
    expect(received()).toEqual({ userId: 'caller' });
    expect((await whenSettled(response)).annotations).toEqual({ userId: 'caller' });
  });

  it('belongs to no context when it is only read in one', async () => {
    const { client } = createRegisteredClient();
    const response = await converseStream(client);
    const receipt = await track({ userId: 'reader' }, async () => {
      for await (const _ of response.stream ?? []) expect(getContext()?.userId).toBe('reader');
      return whenSettled(response);
    });
    expect(received()).toEqual({});
    expect(receipt.annotations).toEqual({});
  });

  it('belongs to the context of the call when it is read in another', async () => {
    const { client } = createRegisteredClient();
    const response = await track({ userId: 'caller' }, () => converseStream(client));
    const receipt = await track({ userId: 'reader' }, async () => {
      for await (const _ of response.stream ?? []) await converse(client);
      return whenSettled(response);
    });
    expect(received()).toEqual({ userId: 'reader' });
    expect(receipt.annotations).toEqual({ userId: 'caller' });
  });

  it('belongs to the context of the generator that makes and relays it', async () => {
    const { client, receipts } = createRegisteredClient();
    const texts = track({ userId: 'caller' }, async function* () {
      const { stream } = await converseStream(client);
      for await (const event of stream ?? []) {
        if (event.contentBlockDelta) yield event.contentBlockDelta.delta?.text ?? '';
      }
    });
    let text = '';
    await track({ userId: 'reader' }, async () => {
      for await (const piece of texts) text += piece;
    });
    expect(text).not.toBe('');
    expect(received()).toEqual({ userId: 'caller' });
    expect(receipts).toMatchObject([{ annotations: { userId: 'caller' } }]);
  });
});
