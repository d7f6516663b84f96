import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { createHeaders, createPayi } from '@payi/core';
import { startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { calls, proxiedOperations } from './calls.ts';
import { annotations, createClient, modelId, profileArn, transportNames } from './clients.ts';

const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const extraHeaders = createHeaders(annotations);

let bedrock: Awaited<ReturnType<typeof startBedrock>>;
let backend: Awaited<ReturnType<typeof startPayi>>;
let payi: ReturnType<typeof createPayi>;

beforeAll(async () => {
  // The provider takes requests for AWS's own host name only, as AWS does: whoever forwards has to put it back.
  bedrock = await startBedrock({ expectedHosts: [awsHost] });
  backend = await startPayi({ upstream: { [awsHost]: bedrock.url } });
  payi = createPayi({ apiKey: backend.apiKey, baseUrl: backend.url });
});
afterAll(() => Promise.all([bedrock.close(), backend.close()]));

const config = (): { region: string; credentials: typeof bedrock.credentials; maxAttempts: number } => ({
  region: bedrock.region,
  credentials: bedrock.credentials,
  maxAttempts: 3,
});

const matrix = proxiedOperations.flatMap((operation) =>
  transportNames.flatMap((transport) =>
    [
      { kind: 'model id', id: modelId },
      { kind: 'ARN', id: profileArn },
    ].flatMap((model) =>
      ['first attempt', 'retry'].map((attempt) => ({ operation, transport, ...model, attempt })),
    ),
  ),
);

describe('a proxied call', () => {
  it.each(matrix)('keeps its signature: $operation, $transport, $kind, $attempt', async (row) => {
    const client = createClient(config(), row.transport);
    registerBedrockClientCallbacks(client, row.operation, { payi });
    const providerBefore = bedrock.requests.length;
    const payiBefore = backend.requests.length;
    if (row.attempt === 'retry') {
      bedrock.answerNext({ error: { type: 'ServiceUnavailableException', status: 503, message: 'busy' } });
    }

    const text = await calls[row.operation](client, { modelId: row.id, extraHeaders });
    expect(text.length).toBeGreaterThan(0);
    client.destroy();

    const attempts = row.attempt === 'retry' ? 2 : 1;
    const atProvider = bedrock.requests.slice(providerBefore);
    const atPayi = backend.requests.slice(payiBefore);
    expect(atProvider).toHaveLength(attempts);
    expect(atPayi).toHaveLength(attempts);
    for (const request of atProvider) {
      expect(request.signature).toMatchObject({ scheme: 'sigv4', valid: true });
      expect(request.signature.signedHeaders).toEqual(
        expect.arrayContaining([
          'amz-sdk-invocation-id',
          'amz-sdk-request',
          'content-type',
          'host',
          'x-amz-date',
        ]),
      );
      expect(request.signature.signedHeaders).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/xproxy|content-length|user-agent|:authority/)]),
      );
      expect(Object.keys(request.headers).filter((name) => name.startsWith('xproxy'))).toEqual([]);
      expect(request.headers.host).toBe(awsHost);
      expect(request.operation).toBe(row.operation);
      expect(request.modelId).toBe(row.id);
    }
    for (const request of atPayi) {
      expect(request.path).toMatch(
        new RegExp(
          `^/api/v1/proxy/aws\\.bedrock/model/${encodeURIComponent(row.id).replace(/\./g, '\\.')}/[a-z-]+$`,
        ),
      );
      expect(request.headers).toMatchObject({
        'xproxy-api-key': backend.apiKey,
        'xproxy-provider-baseuri': `https://${awsHost}`,
        'xproxy-usecase-name': 'text_generation',
        'xproxy-user-id': 'data_scientist_123',
        'xproxy-limit-ids': 'aws_budget',
        'xproxy-request-tags': 'bedrock,claude',
        host: new URL(backend.url).host,
      });
    }
    expect(backend.ledger.at(-1)).toMatchObject({
      outcome: 'ok',
      operation: row.operation,
      resource: row.id,
    });
  });

  it('is refused by AWS when an xProxy header is signed, which is why ours are not', async () => {
    const client = createClient(config());
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    client.middlewareStack.addRelativeTo(
      ((next: (args: object) => unknown) => (args: { request: { headers: object } }) => {
        Object.assign(args.request.headers, { 'xProxy-Use-Case': 'signed by mistake' });
        return next(args);
      }) as never,
      { relation: 'before', toMiddleware: 'httpSigningMiddleware' },
    );
    await expect(calls.InvokeModel(client, { modelId })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    expect(bedrock.requests.at(-1)?.signature).toMatchObject({ scheme: 'sigv4', valid: false });
    client.destroy();
  });

  it('carries the session token of temporary credentials under the signature', async () => {
    const temporary = {
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'temporary',
      sessionToken: 'token/with+signs==',
    };
    await using strict = await startBedrock({ credentials: temporary });
    await using proxy = await startPayi({ upstream: strict.url });
    const client = createClient({ region: strict.region, credentials: temporary });
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({ apiKey: proxy.apiKey, baseUrl: proxy.url }),
    });
    await calls.InvokeModel(client, { modelId, extraHeaders });
    expect(strict.requests[0]?.signature).toMatchObject({ valid: true });
    client.destroy();
  });

  it('passes a bearer token through untouched', async () => {
    const client = createClient({
      region: bedrock.region,
      token: { token: bedrock.bearerToken },
      authSchemePreference: ['httpBearerAuth'],
    });
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    await calls.Converse(client, { modelId, extraHeaders });
    expect(bedrock.requests.at(-1)?.signature).toMatchObject({ scheme: 'bearer', valid: true });
    expect(backend.requests.at(-1)?.headers['xproxy-user-id']).toBe('data_scientist_123');
    client.destroy();
  });

  it('names the port of a provider that has one', async () => {
    await using local = await startBedrock();
    const client = createClient(local.clientConfig);
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    await using proxy = await startPayi();
    const other = createClient(local.clientConfig);
    registerBedrockClientCallbacks(other, 'InvokeModel', {
      payi: createPayi({ apiKey: proxy.apiKey, baseUrl: `${proxy.url}/` }),
    });
    await calls.InvokeModel(other, { modelId, extraHeaders });
    expect(proxy.requests[0]?.headers['xproxy-provider-baseuri']).toBe(local.url);
    expect(local.requests[0]?.signature).toMatchObject({ valid: true });
    other.destroy();
    client.destroy();
  });

  it('goes through a base URL with a path of its own, and over TLS', async () => {
    const client = createClient(config());
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({ apiKey: 'key', baseUrl: `${backend.url}/tenant/` }),
    });
    await expect(calls.InvokeModel(client, { modelId, extraHeaders })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
    expect(backend.requests.at(-1)?.path).toBe(`/tenant/api/v1/proxy/aws.bedrock/model/${modelId}/invoke`);
    client.destroy();
  });

  it('works on a client that keeps its handlers', async () => {
    const client = createClient({ ...config(), cacheMiddleware: true });
    const direct = createClient({ ...bedrock.clientConfig, cacheMiddleware: true });
    direct.destroy();
    const registration = registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    for (const userId of ['first', 'second']) {
      await calls.InvokeModel(client, { modelId, extraHeaders: createHeaders({ userId }) });
      expect(backend.requests.at(-1)?.headers['xproxy-user-id']).toBe(userId);
    }
    const before = backend.requests.length;
    registration.unregister();
    // Without the redirection the call goes to AWS itself, which nobody here answers.
    await expect(
      calls.InvokeModel(client, { modelId, abortSignal: AbortSignal.timeout(50) }),
    ).rejects.toThrow();
    expect(backend.requests).toHaveLength(before);
    client.destroy();
  });

  it('lays per-call headers over the defaults, in any case, and clears with an empty value', async () => {
    const client = createClient(config());
    registerBedrockClientCallbacks(client, 'InvokeModel', {
      payi: createPayi({
        apiKey: backend.apiKey,
        baseUrl: backend.url,
        defaults: { userId: 'nobody', accountName: 'acme', useCaseName: 'other', useCaseVersion: 3 },
      }),
    });
    await calls.InvokeModel(client, {
      modelId,
      extraHeaders: {
        'XPROXY-USER-ID': 'somebody',
        'xproxy-account-name': '',
        'xProxy-UseCase-Name': 'mine',
      },
    });
    const { headers, rawHeaders } = backend.requests.at(-1) ?? {};
    expect(headers).toMatchObject({ 'xproxy-user-id': 'somebody', 'xproxy-usecase-name': 'mine' });
    expect(headers).not.toHaveProperty('xproxy-account-name');
    expect(headers).not.toHaveProperty('xproxy-usecase-version');
    expect(JSON.stringify(rawHeaders).match(/xproxy-user-id/gi)).toHaveLength(1);
    client.destroy();
  });

  it('ends with the provider’s error, typed as ever, when the provider refuses it', async () => {
    const client = createClient({ ...config(), maxAttempts: 1 });
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    bedrock.answerNext({ error: { type: 'ThrottlingException', status: 429, message: 'slow down' } });
    await expect(calls.Converse(client, { modelId, extraHeaders })).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'slow down',
    });
    client.destroy();
  });

  it('ends at once when its caller aborts, before and after the answer began', async () => {
    const client = createClient(config());
    registerBedrockClientCallbacks(client, ['InvokeModel', 'InvokeModelWithResponseStream'], { payi });
    await expect(
      calls.InvokeModel(client, { modelId, abortSignal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError' });

    const leave = new AbortController();
    bedrock.answerNext({ chunks: ['a', 'b', 'c'], faults: { stallAfterEvents: 1 } });
    const seen = bedrock.requests.length;
    const ending = expect(
      calls.InvokeModelWithResponseStream(client, { modelId, abortSignal: leave.signal }),
    ).rejects.toThrow();
    await expect.poll(() => bedrock.requests[seen]?.eventsWritten).toBe(1);
    await sleep(50);
    leave.abort();
    await ending;
    client.destroy();
  });

  it('refuses a client whose endpoint is Pay-i already', async () => {
    const client = createClient({ ...config(), endpoint: backend.url });
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = backend.requests.length;
    await expect(calls.InvokeModel(client, { modelId, extraHeaders })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
    expect(backend.requests).toHaveLength(before);
    client.destroy();
  });

  it('never mixes up the annotations of 200 calls on one client', async () => {
    const client = createClient(config());
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
    const before = backend.requests.length;
    const send = async (index: number): Promise<void> => {
      const response = await client.send(
        new InvokeModelCommand({
          modelId: `${modelId}-${index}`,
          body: JSON.stringify({ prompt: 'Hello', max_tokens_to_sample: 5 }),
          extraHeaders: createHeaders({ userId: `user-${index}`, useCaseStep: `step ${index}` }),
        }),
      );
      expect(response.$metadata.httpStatusCode).toBe(200);
    };
    await Promise.all(Array.from({ length: 200 }, (_, index) => send(index)));
    const received = backend.requests.slice(before);
    expect(received).toHaveLength(200);
    for (const { path, headers } of received) {
      const index = /-(\d+)\/invoke$/.exec(path)?.[1];
      expect(headers).toMatchObject({
        'xproxy-user-id': `user-${index}`,
        'xproxy-usecase-step': `step ${index}`,
      });
    }
    client.destroy();
  });
});

describe('an endpoint with a path of its own', () => {
  it.each(transportNames)('is the provider’s address, over %s', async (transport) => {
    const paths: unknown[] = [];
    const gateway = createServer(async (incoming, response) => {
      paths.push(incoming.url);
      const answer = await fetch(bedrock.url + (incoming.url ?? '').replace('/tenant/eu', ''), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${bedrock.bearerToken}` },
        body: await text(incoming),
      });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const client = createClient({ ...bedrock.clientConfig, endpoint: `${url}/tenant/eu` }, transport);
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    expect(await calls.Converse(client, { modelId })).toContain('local answer');
    expect(backend.requests.at(-1)).toMatchObject({
      path: `/api/v1/proxy/aws.bedrock/model/${modelId}/converse`,
    });
    expect(backend.requests.at(-1)?.headers['xproxy-provider-baseuri']).toBe(`${url}/tenant/eu`);
    expect(paths).toEqual([`/tenant/eu/model/${modelId}/converse`]);
    client.destroy();
    gateway.close();
  });
});
