import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { type Annotations, createHeaders, createPayi, type Receipt, type Route } from '@payi/core';
import { track } from '@payi/core/context';
import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type BedrockCallbackOptions,
  type RequestMetadataKeys,
  registerBedrockClientCallbacks,
} from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { createClient, modelId, transportNames } from './clients.ts';

const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const keys = { useCaseName: 'feature', accountName: 'tenant' } as const;
const routes: readonly Route[] = ['proxy', 'direct', 'headers'];

let bedrock: RunningBedrock;
let backend: RunningPayi;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  // On route `proxy` requests arrive with the host that they were signed for.
  bedrock = await startBedrock();
  backend = await startPayi({ upstream: { [awsHost]: bedrock.url } });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

function connect(
  requestMetadata: RequestMetadataKeys | undefined,
  { route = 'direct' as Route, transport = 'h2' as (typeof transportNames)[number], maxAttempts = 3 } = {},
) {
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route,
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
  });
  const { endpoint, ...config } = bedrock.clientConfig;
  const client = createClient({ ...config, maxAttempts, ...(route !== 'proxy' && { endpoint }) }, transport);
  registerBedrockClientCallbacks(client, proxiedOperations, { payi, requestMetadata });
  cleanups.push(
    () => payi.close(),
    () => client.destroy(),
  );
  return { client, payi, receipts };
}

const last = (): RunningBedrock['requests'][number] =>
  bedrock.requests.at(-1) as RunningBedrock['requests'][number];

async function metadataOf(annotations: Annotations, requestMetadata: RequestMetadataKeys = keys) {
  const { client, receipts } = connect(requestMetadata);
  await track(annotations, () => calls.InvokeModel(client, { modelId }));
  await track(annotations, () => calls.Converse(client, { modelId }));
  const [header, member] = bedrock.requests.slice(-2).map((request) => request.requestMetadata);
  expect(member).toEqual(header);
  return { metadata: header, receipts };
}

describe('requestMetadata', () => {
  it.each(
    routes.flatMap((route) =>
      proxiedOperations.flatMap((operation) =>
        transportNames.map((transport) => ({ route, operation, transport })),
      ),
    ),
  )('tells AWS, in what is signed: $route, $operation, $transport', async ({ operation, ...options }) => {
    const { client } = connect(keys, options);
    bedrock.answerNext({ error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } });
    const extraHeaders = createHeaders({ useCaseName: 'triage', accountName: 'acme', userId: 'u-1' });
    const seen = bedrock.requests.length;
    expect(await calls[operation](client, { modelId, extraHeaders })).not.toBe('');
    const attempts = bedrock.requests.slice(seen);
    expect(attempts.map((request) => request.requestMetadata)).toEqual([
      { feature: 'triage', tenant: 'acme' },
      { feature: 'triage', tenant: 'acme' },
    ]);
    for (const { signature } of attempts) {
      expect(signature.valid).toBe(true);
      expect(signature.signedHeaders.includes('x-amzn-bedrock-request-metadata')).toBe(
        operation.startsWith('Invoke'),
      );
    }
  });

  it.each(proxiedOperations)('is off without the option: %s', async (operation) => {
    const { client } = connect(undefined);
    await track({ useCaseName: 'triage' }, () => calls[operation](client, { modelId }));
    expect(last()).not.toHaveProperty('requestMetadata');
    expect(Buffer.from(last().body).toString()).not.toContain('requestMetadata');
  });

  it.each(proxiedOperations)('adds nothing to a call without these annotations: %s', async (operation) => {
    const { client } = connect(keys);
    await track({ userId: 'u-1' }, () => calls[operation](client, { modelId }));
    expect(last()).not.toHaveProperty('requestMetadata');
  });

  it('leaves the caller’s pairs and input as they are', async () => {
    const { client } = connect(keys);
    const messages = [{ role: 'user' as const, content: [{ text: 'Hi' }] }];
    const input = Object.freeze({
      modelId,
      messages,
      requestMetadata: Object.freeze({ feature: 'mine', team: 'a' }),
    });
    await track({ useCaseName: 'triage', accountName: 'acme' }, () =>
      client.send(new ConverseCommand(input)),
    );
    expect(last().requestMetadata).toEqual({ tenant: 'acme', feature: 'mine', team: 'a' });
    expect(input).toEqual({ modelId, messages, requestMetadata: { feature: 'mine', team: 'a' } });
  });

  it('leaves what the caller writes into the header as it is', async () => {
    const { client } = connect(keys);
    const ask = async (requestMetadata: string) => {
      const body = JSON.stringify({ prompt: 'Hello', max_tokens_to_sample: 5 });
      const command = new InvokeModelCommand({ modelId, body, requestMetadata });
      await track({ useCaseName: 'triage', accountName: 'acme' }, () => client.send(command));
      return last().headers['x-amzn-bedrock-request-metadata'];
    };
    expect(await ask('{ "feature": "mine", "team" : "a" }')).toBe(
      '{"tenant":"acme", "feature": "mine", "team" : "a" }',
    );
    expect(await ask(' { } ')).toBe('{"feature":"triage","tenant":"acme" }');
    expect(await ask('{"feature":"mine","tenant":"his"}')).toBe('{"feature":"mine","tenant":"his"}');
  });

  it.each(['not JSON', '["a"]', '{"team":"ä"}'])('leaves AWS to refuse the caller’s own %s', async (text) => {
    const { client } = connect({ useCaseName: 'team' });
    const command = new InvokeModelCommand({ modelId, body: '{"prompt":"a"}', requestMetadata: text });
    const sent = track({ useCaseName: 'triage' }, () => client.send(command));
    await expect(sent).rejects.toMatchObject({ name: 'ValidationException' });
    expect(last().requestMetadata).toBeUndefined();
  });

  it('adds no second header to one among extraHeaders', async () => {
    const { client } = connect(keys);
    const extraHeaders = {
      'x-amzn-bedrock-request-METADATA': '{"team":"a"}',
      ...createHeaders({ useCaseName: 'b' }),
    };
    const sent = calls.InvokeModel(client, { modelId, extraHeaders });
    // AWS wants it signed.
    await expect(sent).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(last().headers['x-amzn-bedrock-request-metadata']).toBe('{"team":"a"}');
  });

  it('folds values to what AWS takes', async () => {
    const all = {
      accountName: 'Zürich, "GmbH" 🙂\n#1',
      useCaseVersion: 0,
      limitIds: ['team-a', 'company'],
      userId: `${'x'.repeat(300)}`,
    };
    const { metadata } = await metadataOf(all, {
      accountName: 'tenant',
      useCaseVersion: 'version',
      limitIds: 'limits',
      userId: 'user',
    });
    expect(metadata).toEqual({
      tenant: 'Z_rich_ _GmbH_ ___1',
      version: '0',
      limits: 'team-a company',
      user: 'x'.repeat(256),
    });
  });

  it('says on the receipt for which keys there was no room', async () => {
    const { client, receipts } = connect(keys);
    const requestMetadata = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`k${at}`, 'v']));
    const messages = [{ role: 'user' as const, content: [{ text: 'Hi' }] }];
    await track({ useCaseName: 'triage', accountName: 'acme' }, () =>
      client.send(new ConverseCommand({ modelId, messages, requestMetadata })),
    );
    expect(last().requestMetadata).toEqual({ ...requestMetadata, feature: 'triage' });
    const full = JSON.stringify({ ...requestMetadata, k15: 'v' });
    const command = new InvokeModelCommand({ modelId, body: '{"prompt":"a"}', requestMetadata: full });
    await track({ useCaseName: 'triage', accountName: 'acme' }, () => client.send(command));
    expect(last().headers['x-amzn-bedrock-request-metadata']).toBe(full);
    await expect.poll(() => receipts.length).toBe(2);
    expect(receipts.map(({ warnings }) => warnings)).toEqual([
      ['requestMetadata has no room for tenant'],
      ['requestMetadata has no room for feature, tenant'],
    ]);
  });

  it('follows the annotations that other middleware adds, for InvokeModel', async () => {
    const { client } = connect(keys);
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign(
          (args.request as { headers: object }).headers,
          createHeaders({ useCaseName: 'from_middleware' }),
        );
        return next(args);
      },
      { step: 'build' },
    );
    await calls.InvokeModel(client, { modelId });
    expect(last().requestMetadata).toEqual({ feature: 'from_middleware' });
  });

  it('is on every attempt with a bearer token too', async () => {
    const { client } = connect(keys);
    Object.assign(client.config, {
      authSchemePreference: async () => ['httpBearerAuth'],
      token: async () => ({ token: bedrock.bearerToken }),
    });
    await track({ useCaseName: 'triage' }, () => calls.InvokeModel(client, { modelId }));
    expect(last()).toMatchObject({ signature: { scheme: 'bearer' }, requestMetadata: { feature: 'triage' } });
  });

  it('keeps what is in force when it is registered again with other keys', () => {
    const codes: string[] = [];
    const payi = createPayi({ route: 'headers', onDiagnostic: ({ code }) => codes.push(code) });
    const client = createClient(bedrock.clientConfig);
    const register = (requestMetadata: RequestMetadataKeys | undefined) =>
      registerBedrockClientCallbacks(client, 'Converse', { payi, requestMetadata });
    for (const again of [keys, keys, undefined]) register(again);
    expect(codes).toEqual([]);
    register({ useCaseName: 'other' });
    expect(codes).toEqual(['REGISTRATION_IGNORED']);
    client.destroy();
  });

  it.each([
    ['a text', 'feature', '.0'],
    ['a flag', true, ''],
    ['null', null, ''],
    ['a name that AWS cannot keep', { useCaseProperties: 'p' }, '.useCaseProperties'],
    ['a header', { apiKey: 'key' }, '.apiKey'],
    ['a misspelt name', { usecase: 'feature' }, '.usecase'],
    ['a number', { useCaseName: 1 }, '.useCaseName'],
    ['an empty key', { useCaseName: '' }, '.useCaseName'],
    ['a key with a comma', { useCaseName: 'a,b' }, '.useCaseName'],
    ['a long key', { useCaseName: 'k'.repeat(257) }, '.useCaseName'],
    ['one key twice', { useCaseName: 'k', userId: 'k' }, '.userId'],
  ])('refuses %s at registration', (_, requestMetadata, place) => {
    const client = createClient(bedrock.clientConfig);
    const options = { requestMetadata } as unknown as BedrockCallbackOptions;
    expect(() => registerBedrockClientCallbacks(client, 'Converse', options)).toThrow(
      `requestMetadata${place}: give each annotation with a value or a list a key of its own, of up to 256 letters, digits, ` +
        'blanks or ._:/=+@-',
    );
    client.destroy();
  });
});
