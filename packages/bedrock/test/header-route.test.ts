import {
  BedrockRuntime,
  InvokeModelCommand,
  type InvokeModelCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { createHeaders, createPayi } from '@payi/core';
import { startBedrock } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { annotations, createClient, modelId, profileArn, transportNames } from './clients.ts';

const payi = createPayi({ route: 'headers' });
const body = JSON.stringify({ prompt: 'Hello', max_tokens_to_sample: 5 });
let bedrock: Awaited<ReturnType<typeof startBedrock>>;

beforeAll(async () => {
  bedrock = await startBedrock();
});
afterAll(() => bedrock.close());

const last = (): (typeof bedrock.requests)[number] => {
  const request = bedrock.requests.at(-1);
  if (request === undefined) throw new Error('the provider received nothing');
  return request;
};

const matrix = proxiedOperations.flatMap((operation) =>
  transportNames.flatMap((transport) => [modelId, profileArn].map((id) => ({ operation, transport, id }))),
);

describe('route headers', () => {
  it.each(matrix)(
    'sends headers unsigned to the client’s own endpoint: $operation, $transport, $id',
    async (row) => {
      const client = createClient(bedrock.clientConfig, row.transport);
      registerBedrockClientCallbacks(client, row.operation, { payi });
      const extraHeaders = { ...createHeaders(annotations), 'X-Request-Source': 'nightly job' };
      const bare = createClient(bedrock.clientConfig, row.transport);
      const expected = await calls[row.operation](bare, { modelId: row.id });
      expect(await calls[row.operation](client, { modelId: row.id, extraHeaders })).toBe(expected);
      const { headers, signature } = last();
      expect(headers).toMatchObject({
        'xproxy-usecase-name': 'text_generation',
        'xproxy-user-id': 'data_scientist_123',
        'x-request-source': 'nightly job',
      });
      expect(headers).not.toHaveProperty('xproxy-api-key');
      expect(headers).not.toHaveProperty('xproxy-provider-baseuri');
      expect(signature).toMatchObject({ valid: true });
      expect(
        signature.signedHeaders.filter((name) => name.startsWith('xproxy') || name === 'x-request-source'),
      ).toEqual([]);
      client.destroy();
      bare.destroy();
    },
  );

  it('spells names as they were given over HTTP/1.1', async () => {
    const client = createClient(bedrock.clientConfig, 'http/1.1');
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    await calls.InvokeModel(client, {
      modelId,
      extraHeaders: { ...createHeaders(annotations), 'X-MiXed': '1' },
    });
    const raw = JSON.stringify(last().rawHeaders);
    expect(raw).toContain('xProxy-UseCase-Name');
    expect(raw).toContain('X-MiXed');
    client.destroy();
  });

  it('adds nothing to a call without annotations', async () => {
    const client = createClient(bedrock.clientConfig, 'http/1.1');
    await calls.InvokeModel(client, { modelId });
    const bare = Object.keys(last().headers).sort();
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    await calls.InvokeModel(client, { modelId });
    expect(Object.keys(last().headers).sort()).toEqual(bare);
    client.destroy();
  });

  it('sends headers on each attempt, under a fresh signature', async () => {
    const client = createClient({ ...bedrock.clientConfig, maxAttempts: 3 });
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = bedrock.requests.length;
    const busy = { error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } };
    bedrock.answerNext(busy, busy);
    await calls.InvokeModel(client, { modelId, extraHeaders: createHeaders(annotations) });
    const attempts = bedrock.requests.slice(before);
    expect(attempts.map(({ headers }) => headers['amz-sdk-request'])).toEqual([
      'attempt=1; max=3',
      'attempt=2; max=3',
      'attempt=3; max=3',
    ]);
    for (const { headers, signature } of attempts) {
      expect(headers['xproxy-user-id']).toBe('data_scientist_123');
      expect(signature.valid).toBe(true);
    }
    client.destroy();
  });

  it('leaves the caller’s input as it was, frozen or not, and shows no other middleware the member', async () => {
    const client = createClient(bedrock.clientConfig);
    const seen: unknown[] = [];
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    for (const step of ['initialize', 'serialize', 'build', 'finalizeRequest', 'deserialize'] as const) {
      const look = (next: (args: { input: object }) => unknown) => (args: { input: object }) => {
        seen.push('extraHeaders' in args.input);
        return next(args);
      };
      client.middlewareStack.add(look as never, { step, priority: 'high' } as never);
    }
    const input: InvokeModelCommandInput = Object.freeze({
      modelId,
      body,
      extraHeaders: Object.freeze(createHeaders(annotations)),
    });
    const copy = structuredClone(input);
    await client.send(new InvokeModelCommand(input));
    await client.send(new InvokeModelCommand(input));
    expect(input).toEqual(copy);
    expect(seen).toEqual(Array(10).fill(false));
    expect(last().headers['xproxy-user-id']).toBe('data_scientist_123');
    client.destroy();
  });

  it('works on the aggregated client and with a callback', async () => {
    const client = new BedrockRuntime(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    await client.invokeModel({ modelId, body, extraHeaders: createHeaders({ userId: 'aggregated' }) });
    expect(last().headers['xproxy-user-id']).toBe('aggregated');
    await new Promise((resolve) => {
      client.invokeModel({ modelId, body, extraHeaders: createHeaders({ userId: 'callback' }) }, resolve);
    });
    expect(last().headers['xproxy-user-id']).toBe('callback');
    client.destroy();
  });

  it('sees a registration made after the first call of a client that keeps its handlers', async () => {
    const client = createClient({ ...bedrock.clientConfig, cacheMiddleware: true });
    await calls.InvokeModel(client, { modelId });
    const registration = registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    await client.send(
      new InvokeModelCommand({ modelId, body, extraHeaders: createHeaders({ userId: 'kept' }) }),
    );
    expect(last().headers['xproxy-user-id']).toBe('kept');
    registration.unregister();
    await client.send(
      new InvokeModelCommand({ modelId, body, extraHeaders: createHeaders({ userId: 'gone' }) }),
    );
    expect(last().headers).not.toHaveProperty('xproxy-user-id');
    client.destroy();
  });

  it('leaves operations that are not registered alone', async () => {
    const client = createClient(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({ route: 'headers', defaults: { userId: 'default' } }),
    });
    await calls.Converse(client, { modelId });
    expect(last().headers).not.toHaveProperty('xproxy-user-id');
    await calls.InvokeModel(client, { modelId });
    expect(last().headers['xproxy-user-id']).toBe('default');
    client.destroy();
  });

  it('accepts headers that iterate, such as Headers and Map', async () => {
    const client = createClient(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    for (const Collection of [Headers, Map]) {
      const extraHeaders = new Collection([['xProxy-User-ID', Collection.name]]) as never;
      await client.send(new InvokeModelCommand({ modelId, body, extraHeaders }));
      expect(last().headers['xproxy-user-id']).toBe(Collection.name);
    }
    client.destroy();
  });

  it('refuses annotations in the place of headers, in the spelling of the Python guide too', async () => {
    const client = createClient(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = bedrock.requests.length;
    for (const field of ['userId', 'user_id', 'use_case_name', 'limit_ids', 'log_prompt_and_response']) {
      await expect(
        calls.InvokeModel(client, { modelId, extraHeaders: { [field]: 'x' } }),
      ).rejects.toMatchObject({
        code: 'INVALID_ANNOTATION',
        message: `extraHeaders["${field}"] is an annotation, not a header: pass createHeaders({ … })`,
      });
    }
    expect(bedrock.requests).toHaveLength(before);
    client.destroy();
  });

  it('refuses the name that the Python guide has for extraHeaders, which the SDK would pass over', async () => {
    const client = createClient(bedrock.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = bedrock.requests.length;
    const input = { modelId, extra_headers: { 'xProxy-User-ID': 'a' } };
    for (const call of [calls.InvokeModel, calls.Converse]) {
      await expect(call(client, input)).rejects.toMatchObject({
        code: 'INVALID_ANNOTATION',
        message: 'extra_headers is what Python calls it: here it is extraHeaders',
      });
    }
    expect(bedrock.requests).toHaveLength(before);
    client.destroy();
  });

  it('refuses a header that the request already has, before anything is sent', async () => {
    const client = createClient(bedrock.clientConfig);
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-signed-by-app'] = '1';
        return next(args);
      },
      { step: 'build' },
    );
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = bedrock.requests.length;
    await expect(
      calls.InvokeModel(client, { modelId, extraHeaders: { 'X-Signed-By-App': '2' } }),
    ).rejects.toMatchObject({ code: 'INVALID_ANNOTATION', key: 'extraHeaders["X-Signed-By-App"]' });
    expect(bedrock.requests).toHaveLength(before);
    client.destroy();
  });
});
