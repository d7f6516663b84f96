import { randomUUID } from 'node:crypto';
import AnthropicFoundry from '@anthropic-ai/foundry-sdk';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { createHeaders, createPayi, type Route, whenSettled } from '@payi/core';
import { listen, type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnthropicClient, withPayi } from '../src/index.ts';
import {
  awsHost,
  awsOptions,
  bedrockModel,
  collect,
  type MessagesClient,
  model,
  observe,
  question,
  type Version,
  versionNames,
  versions,
} from './clients.ts';
import { type RunningAnthropic, startAnthropic } from './start-anthropic.ts';

const routes: readonly Route[] = ['proxy', 'headers', 'direct'];
const annotations = {
  useCaseName: 'support',
  userId: 'u-42',
  limitIds: ['team'],
  requestProperties: { a: 'ä' },
};
const annotationHeaders = Object.fromEntries(
  Object.entries(createHeaders(annotations)).map(([name, value]) => [name.toLowerCase(), value]),
);

let provider: RunningAnthropic;
let bedrock: RunningBedrock;
/** Behind Pay-i: takes only what was signed for AWS's own host. */
let aws: RunningBedrock;
let backend: RunningPayi;

beforeAll(async () => {
  // Pay-i takes two events with one id for the same answer.
  provider = await startAnthropic(() => `msg_${randomUUID()}`);
  bedrock = await startBedrock();
  aws = await startBedrock({ expectedHosts: [awsHost] });
  backend = await startPayi({
    upstream: {
      'api.anthropic.com': provider.url,
      'gateway.example': provider.url,
      'acme.services.ai.azure.com': provider.url,
      [awsHost]: aws.url,
    },
  });
});
afterAll(() => Promise.all([backend.close(), provider.close(), bedrock.close(), aws.close()]));

const proxied = (): RunningPayi['requests'] =>
  backend.requests.filter(({ path }) => path.includes('/proxy/'));
const lastProxied = (): RunningPayi['requests'][number] | undefined => proxied().at(-1);
const xproxy = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase().startsWith('xproxy-')));

/** Sends calls of the kinds that are metered; each gives what it left of itself. */
const calls = {
  async create(client: MessagesClient, model: string, headers?: Record<string, string>) {
    const message = await client.messages.create({ ...question, model }, { headers });
    return whenSettled(message);
  },
  async 'create, streamed'(client: MessagesClient, model: string, headers?: Record<string, string>) {
    const stream = await client.messages.create({ ...question, model, stream: true }, { headers });
    await collect(stream);
    return whenSettled(stream);
  },
  async stream(client: MessagesClient, model: string, headers?: Record<string, string>) {
    const stream = client.messages.stream({ ...question, model }, { headers });
    await stream.finalMessage();
    return whenSettled(stream);
  },
  async 'beta create'(client: MessagesClient, model: string, headers?: Record<string, string>) {
    return whenSettled(await client.beta.messages.create({ ...question, model }, { headers }));
  },
} as const;
const kinds = Object.keys(calls) as (keyof typeof calls)[];

describe('Anthropic', () => {
  const rows = versionNames.flatMap((version) =>
    routes.flatMap((route) => kinds.map((kind) => ({ version, route, kind }))),
  );
  const connect = (version: Version, route: Route) =>
    new versions[version].Anthropic({
      apiKey: 'sk-ant-test',
      defaultHeaders: { 'x-request-source': 'nightly' },
      ...(route !== 'proxy' && { baseURL: provider.url }),
    });

  it.each(rows)('$version, route $route, $kind', async ({ version, route, kind }) => {
    const before = proxied().length;
    const { client, receipts } = observe(connect(version, route), route, backend, {
      payi: { defaults: { accountName: 'acme', userId: 'nobody' } },
    });
    const receipt = await calls[kind](client, model, createHeaders(annotations));
    expect(receipt).toMatchObject({
      category: 'system.anthropic',
      operation: 'messages',
      resource: model,
      annotations: { ...annotations, accountName: 'acme' },
      outcome: 'complete',
      units: { text: { input: 12, output: 34 } },
      usageSource: kind === 'create' || kind === 'beta create' ? 'body' : 'stream',
      providerResponseId: expect.stringMatching(/^msg_/),
      httpStatus: 200,
      attempts: 1,
      properties: { 'system.stop_reason': 'end_turn' },
      warnings: [],
    });
    expect(receipts).toEqual([receipt]);

    const { headers, path } = provider.last();
    expect(path).toMatch(/^\/v1\/messages(\?beta=true)?$/);
    const key =
      version === 'newest' ? { authorization: 'Bearer sk-ant-test' } : { 'x-api-key': 'sk-ant-test' };
    expect(headers).toMatchObject(key);
    const expected = { ...annotationHeaders, 'xproxy-account-name': 'acme' };
    expect(xproxy(headers)).toEqual(route === 'headers' ? expected : {});
    if (route === 'headers') {
      expect(receipt).not.toHaveProperty('cost');
    } else {
      expect(receipt.cost?.total).toBeGreaterThan(0);
      expect(receipt.requestId).toBe(backend.ledger.at(-1)?.requestId);
      expect(backend.ledger.at(-1)?.annotations).toMatchObject(annotations);
    }
    if (route === 'proxy') {
      const seen = lastProxied();
      expect(seen?.headers).toMatchObject(key);
      expect(xproxy(seen?.headers ?? {})).toEqual({ ...expected, 'xproxy-api-key': backend.apiKey });
    } else {
      expect(headers['x-request-source']).toBe('nightly');
      expect(proxied()).toHaveLength(before);
    }
  });

  it('lets a call clear a default, and takes annotations from the client’s own default headers', async () => {
    const plain = new versions.newest.Anthropic({
      apiKey: 'k',
      baseURL: provider.url,
      defaultHeaders: createHeaders({ userId: 'of-the-client' }),
    });
    const { client } = observe(plain, 'headers', backend, { payi: { defaults: { accountName: 'acme' } } });
    await client.messages.create(question, { headers: { 'xProxy-Account-Name': '' } });
    expect(xproxy(provider.last().headers)).toEqual({ 'xproxy-user-id': 'of-the-client' });
    await client.messages.create(question, { headers: { 'xproxy-user-id': null } });
    expect(xproxy(provider.last().headers)).toEqual({ 'xproxy-account-name': 'acme' });
  });

  it('takes every header of Pay-i off on route direct, and reads nothing else', async () => {
    const plain = new versions.newest.Anthropic({
      apiKey: 'k',
      baseURL: provider.url,
      defaultHeaders: {
        'xProxy-Api-Key': 'left from another set-up',
        'xProxy-Forward-X': '1',
        'XPROXY-New': '2',
      },
    });
    const { client, receipts } = observe(plain, 'direct', backend);
    await whenSettled(await client.messages.create(question, { headers: createHeaders({ userId: 'u' }) }));
    expect(xproxy(provider.last().headers)).toEqual({});
    expect(receipts[0]?.annotations).toEqual({ userId: 'u' });
    await client.messages.countTokens({ model, messages: question.messages });
    expect(xproxy(provider.last().headers)).toEqual({});
  });

  it('sends what is not metered where it went before, without headers of Pay-i', async () => {
    const plain = new versions.newest.Anthropic({
      apiKey: 'k',
      baseURL: provider.url,
      defaultHeaders: createHeaders({ userId: 'u' }),
    });
    const { client, receipts } = observe(plain, 'proxy', backend);
    const before = proxied().length;
    expect(await client.messages.countTokens({ model, messages: question.messages })).toEqual({
      input_tokens: 7,
    });
    await client.models.list();
    await client.messages.batches.create({ requests: [] });
    expect(xproxy(provider.last().headers)).toEqual({});
    expect(proxied()).toHaveLength(before);
    expect(receipts).toMatchObject([{ operation: 'batches', units: {} }]);
  });

  it('names the provider to Pay-i when it is not Anthropic’s own address', async () => {
    const { client } = observe(
      new versions.newest.Anthropic({ apiKey: 'k', baseURL: 'https://gateway.example' }),
      'proxy',
      backend,
    );
    await client.messages.create(question);
    expect(lastProxied()).toMatchObject({
      path: '/api/v1/proxy/anthropic/v1/messages',
      headers: { 'xproxy-provider-baseuri': 'https://gateway.example' },
    });
  });

  const addresses: Readonly<Record<string, (baseURL: string) => unknown>> = {
    'https://gateway.example': (baseURL) => new versions.newest.Anthropic({ apiKey: 'k', baseURL }),
    'https://gateway.example/team/anthropic/': (baseURL) =>
      new versions.newest.Anthropic({ apiKey: 'k', baseURL }),
    'https://acme.services.ai.azure.com/anthropic/': (baseURL) =>
      new AnthropicFoundry({ apiKey: 'k', baseURL }),
    'https://gateway.example/foundry': (baseURL) => new AnthropicFoundry({ apiKey: 'k', baseURL }),
  };
  it.each(Object.entries(addresses))('reaches %s through Pay-i at its own path', async (baseURL, connect) => {
    const { client } = observe(connect(baseURL) as MessagesClient, 'proxy', backend);
    await client.messages.create(question);
    const { pathname, host } = new URL(baseURL);
    expect(provider.last().path).toBe(`${pathname.replace(/\/$/, '')}/v1/messages`);
    expect(provider.last().headers.host).toBe(host);
  });

  it.each([
    ['Anthropic', () => new versions.newest.Anthropic({ apiKey: 'k', maxRetries: 0 })],
    ['AnthropicBedrock', () => new versions.newest.AnthropicBedrock({ ...awsOptions(aws), maxRetries: 0 })],
  ])('takes key and prompt of %s to no place that a redirect of the proxy points to', async (_, connect) => {
    const seen: unknown[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers);
      response.writeHead(404);
      response.end();
    });
    const proxy = await listen((_request, response) => {
      response.writeHead(308, { location: other.url });
      response.end();
    });
    const client = withPayi(connect() as AnthropicClient, {
      payi: createPayi({ apiKey: 'key', baseUrl: proxy.url }),
    }) as MessagesClient;
    await expect(client.messages.create(question)).rejects.toMatchObject({ status: 308 });
    expect(seen).toEqual([]);
    await proxy.close();
    await other.close();
  });

  it('leaves the address of a client that was pointed at Pay-i by hand', async () => {
    const plain = new versions.newest.Anthropic({
      apiKey: 'k',
      baseURL: `${backend.url}/api/v1/proxy/anthropic`,
      defaultHeaders: { 'xProxy-api-key': 'an older key' },
    });
    const { client } = observe(plain, 'proxy', backend);
    await client.messages.create(question);
    expect(lastProxied()).toMatchObject({
      path: '/api/v1/proxy/anthropic/v1/messages',
      headers: { 'xproxy-api-key': backend.apiKey },
    });
  });
});

describe('AnthropicBedrock', () => {
  const rows = versionNames.flatMap((version) =>
    (['proxy', 'headers', 'direct'] as const).flatMap((route) =>
      // The oldest signs the host without its port, which only AWS's own address does not have.
      (version === 'oldest' && route !== 'proxy'
        ? (['bearer token'] as const)
        : (['SigV4', 'bearer token'] as const)
      ).flatMap((auth) =>
        kinds.filter((kind) => kind !== 'beta create').map((kind) => ({ version, route, auth, kind })),
      ),
    ),
  );
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6';

  it.each(rows)('$version, route $route, $auth, $kind', async ({ version, route, auth, kind }) => {
    const { AnthropicBedrock } = versions[version];
    const target = route === 'proxy' ? aws : bedrock;
    const plain = new AnthropicBedrock({
      ...(auth === 'SigV4' ? awsOptions(target) : { awsRegion: 'us-east-1', apiKey: target.bearerToken }),
      ...(route !== 'proxy' && { baseURL: bedrock.url }),
    } as ConstructorParameters<typeof AnthropicBedrock>[0]);
    const { client, receipts } = observe(plain as unknown as MessagesClient, route, backend);
    target.answerNext({ text: 'Once upon a time', usage: { inputTokens: 120, outputTokens: 45 } });
    const receipt = await calls[kind](client, arn, createHeaders(annotations));
    expect(receipt).toMatchObject({
      category: 'system.aws.bedrock',
      operation: 'messages',
      resource: arn,
      annotations,
      outcome: 'complete',
      units: { text: { input: 120, output: 45 } },
      httpStatus: 200,
      attempts: 1,
      warnings: [],
    });
    expect(receipts).toEqual([receipt]);

    const received = target.requests.at(-1);
    expect(received?.signature).toMatchObject({ valid: true });
    expect(received?.path).toBe(
      `/model/${encodeURIComponent(arn)}/${kind === 'create' ? 'invoke' : 'invoke-with-response-stream'}`.replaceAll(
        '%3A',
        ':',
      ),
    );
    expect(xproxy(received?.headers ?? {})).toEqual(route === 'headers' ? annotationHeaders : {});
    if (auth === 'SigV4') {
      const signed = received?.signature.signedHeaders ?? [];
      expect(signed.filter((name) => name.startsWith('xproxy-'))).toEqual([]);
      if (route === 'proxy') {
        const kept = ['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date'];
        // Signed by older versions, which leave it on the request.
        expect(signed).toEqual(version === 'newest' ? kept : ['anthropic-version', ...kept]);
      }
    }
    if (route === 'proxy') {
      expect(xproxy(lastProxied()?.headers ?? {})).toEqual({
        ...annotationHeaders,
        'xproxy-api-key': backend.apiKey,
        'xproxy-provider-baseuri': `https://${awsHost}`,
      });
      expect(receipt?.requestId).toBe(backend.ledger.at(-1)?.requestId);
    }
  });

  it('names the port of the provider', async () => {
    const { client } = observe(
      new versions.newest.AnthropicBedrock({ ...awsOptions(bedrock), baseURL: bedrock.url }),
      'proxy',
      backend,
    );
    await client.messages.create({ ...question, model: bedrockModel }).catch(() => {});
    expect(lastProxied()?.headers['xproxy-provider-baseuri']).toBe(bedrock.url);
  });

  it('is as it was on route direct: the same headers are signed and sent', async () => {
    const bare = new versions.newest.AnthropicBedrock({ ...awsOptions(bedrock), baseURL: bedrock.url });
    await bare.messages.create({ ...question, model: bedrockModel });
    const before = bedrock.requests.at(-1);
    const { client } = observe(bare, 'direct', backend);
    await client.messages.create({ ...question, model: bedrockModel });
    const after = bedrock.requests.at(-1);
    expect(after?.rawHeaders.map(([name]) => name)).toEqual(before?.rawHeaders.map(([name]) => name));
    expect(after?.signature.signedHeaders).toEqual(before?.signature.signedHeaders);
  });

  it('refuses a client that is signed for Pay-i, before anything is sent', async () => {
    const before = proxied().length;
    const { client, receipts } = observe(
      new versions.newest.AnthropicBedrock({
        ...awsOptions(bedrock),
        baseURL: `${backend.url}/api/v1/proxy/aws.bedrock`,
      }),
      'proxy',
      backend,
    );
    await expect(client.messages.create({ ...question, model: bedrockModel })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
    expect(proxied()).toHaveLength(before);
    expect(receipts).toEqual([]);
  });
});

describe('AnthropicBedrockMantle', () => {
  const connect = (version: Version) =>
    new versions[version].AnthropicBedrockMantle({
      awsRegion: 'us-east-1',
      awsAccessKey: 'AKIDEXAMPLE',
      awsSecretAccessKey: 'secret',
      baseURL: `${provider.url}/anthropic`,
    });

  it.each(versionNames)('%s keeps annotations unsigned on route headers', async (version) => {
    const { client, receipts } = observe(connect(version), 'headers', backend);
    const message = await client.messages.create(question, { headers: createHeaders(annotations) });
    expect(await whenSettled(message)).toMatchObject({
      category: 'system.aws.bedrock',
      resource: model,
      annotations,
    });
    expect(receipts).toHaveLength(1);
    const { headers } = provider.last();
    expect(xproxy(headers)).toEqual(annotationHeaders);
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*bedrock-mantle/);
    expect(headers.authorization).not.toMatch(/xproxy/i);
  });

  it.each(versionNames)('%s sends none on route direct', async (version) => {
    const { client, receipts } = observe(connect(version), 'direct', backend);
    await whenSettled(await client.messages.create(question, { headers: createHeaders(annotations) }));
    expect(xproxy(provider.last().headers)).toEqual({});
    expect(receipts[0]?.annotations).toEqual(annotations);
  });

  it('cannot take route proxy', () => {
    expect(() => observe(connect('newest'), 'proxy', backend)).toThrow(/bedrock-mantle.*route: 'direct'/);
  });
});

describe('AnthropicVertex', () => {
  const connect = () =>
    new AnthropicVertex({
      region: 'us-east5',
      projectId: 'acme',
      baseURL: `${provider.url}/v1`,
      authClient: {
        projectId: 'acme',
        getRequestHeaders: async () => new Headers({ authorization: 'Bearer google' }),
      } as never,
    });

  it.each(['headers', 'direct'] as const)('route %s', async (route) => {
    const { client } = observe(connect(), route, backend);
    const message = await client.messages.create(question, { headers: createHeaders(annotations) });
    expect(await whenSettled(message)).toMatchObject({
      category: 'system.google.vertex',
      resource: `anthropic.${model}`,
      annotations,
      units: { text: { input: 12, output: 34 } },
    });
    expect(provider.last().path).toContain('/publishers/anthropic/models/');
    expect(provider.last().headers.authorization).toBe('Bearer google');
    expect(xproxy(provider.last().headers)).toEqual(route === 'headers' ? annotationHeaders : {});
  });

  it('cannot take route proxy', () => {
    expect(() => observe(connect(), 'proxy', backend)).toThrow(/Google's credentials/);
  });
});

describe('AnthropicFoundry', () => {
  it.each(routes)('route %s', async (route) => {
    const plain = new AnthropicFoundry({
      apiKey: 'azure-key',
      ...(route === 'proxy' ? { resource: 'acme' } : { baseURL: `${provider.url}/anthropic/` }),
    });
    const { client } = observe(plain as AnthropicFoundry & AnthropicClient, route, backend);
    const message = await client.messages.create(question, { headers: createHeaders(annotations) });
    expect(await whenSettled(message)).toMatchObject({
      category: 'system.azure',
      resource: model,
      annotations,
    });
    expect(provider.last().headers['x-api-key']).toBe('azure-key');
    expect(xproxy(provider.last().headers)).toEqual(route === 'headers' ? annotationHeaders : {});
    if (route !== 'proxy') return;
    expect(lastProxied()).toMatchObject({
      path: '/api/v1/proxy/azure.anthropic/v1/messages',
      headers: {
        'xproxy-priceas-resource': model,
        'xproxy-provider-baseuri': 'https://acme.services.ai.azure.com/anthropic',
      },
    });
    await client.messages.create(question, {
      headers: createHeaders({ priceAsResource: 'claude-haiku-4-5' }),
    });
    expect(lastProxied()?.headers['xproxy-priceas-resource']).toBe('claude-haiku-4-5');
  });
});
