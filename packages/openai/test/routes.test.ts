import {
  createHeaders,
  createPayi,
  type Diagnostic,
  InvalidAnnotationError,
  type PayiOptions,
  type Receipt,
} from '@payi/core';
import { listen, type RunningPayi, startPayi } from '@payi/testkit';
import type OpenAI from 'openai';
import type { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { payiClientOptions, withPayi } from '../src/index.ts';
import { chatEvents, completion, embeddings, response, responseEvents, units } from './answers.ts';
import { type Answer, type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'hello' }];
const annotations = {
  useCaseName: 'chat',
  userId: 'u-42',
  limitIds: ['a', 'b'],
  requestProperties: { team: 'blue' },
} as const;
const wire = {
  'xproxy-usecase-name': 'chat',
  'xproxy-user-id': 'u-42',
  'xproxy-limit-ids': 'a,b',
  'xproxy-request-properties': 'eyJ0ZWFtIjoiYmx1ZSJ9',
};

let provider: Provider;
let backend: RunningPayi;
let receipts: Receipt[] = [];
let diagnostics: Diagnostic[] = [];

beforeAll(async () => {
  provider = await startProvider();
  backend = await startPayi({ upstream: provider.url });
});
afterAll(() => Promise.all([provider.close(), backend.close()]));
beforeEach(() => {
  receipts = [];
  diagnostics = [];
});

const payiFor = (route: 'proxy' | 'direct' | 'headers', options: PayiOptions = {}) =>
  createPayi({
    route,
    apiKey: backend.apiKey,
    baseUrl: backend.url,
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    delivery: { intervalMs: 1 },
    ...options,
  });

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

interface Row {
  readonly operation: string;
  readonly path: string;
  readonly answer: Answer;
  readonly units: object;
  call(client: OpenAI, headers: Record<string, string>): Promise<unknown>;
}

const chat: Row = {
  operation: 'chat/completions',
  path: '/chat/completions',
  answer: { json: completion },
  units,
  call: (client, headers) => client.chat.completions.create({ model, messages }, { headers }),
};
const rows: Record<string, Row> = {
  chat,
  'chat stream': {
    ...chat,
    answer: { events: chatEvents(['Hel', 'lo'], true) },
    call: async (client, headers) =>
      readAll(await client.chat.completions.create({ model, messages, stream: true }, { headers })),
  },
  response: {
    operation: 'responses',
    path: '/responses',
    answer: { json: response },
    units,
    call: (client, headers) => client.responses.create({ model, input: 'hello' }, { headers }),
  },
  'response stream': {
    operation: 'responses',
    path: '/responses',
    answer: { events: responseEvents(['Hel', 'lo']) },
    units,
    call: async (client, headers) =>
      readAll(await client.responses.create({ model, input: 'hello', stream: true }, { headers })),
  },
  embeddings: {
    operation: 'embeddings',
    path: '/embeddings',
    answer: { json: embeddings },
    units: { text: { input: 8 } },
    call: (client, headers) =>
      client.embeddings.create({ model, input: 'hello', encoding_format: 'float' }, { headers }),
  },
  images: {
    operation: 'images/generations',
    path: '/images/generations',
    answer: {
      json: {
        created: 1,
        data: [{ b64_json: 'AAAA' }],
        usage: {
          input_tokens: 10,
          input_tokens_details: { image_tokens: 0, text_tokens: 10 },
          output_tokens: 90,
          total_tokens: 100,
        },
      },
    },
    units: { text: { input: 10 }, image: { output: 90 } },
    call: (client, headers) => client.images.generate({ model, prompt: 'a cat' }, { headers }),
  },
};
/** Clients, and what each has to say in the same place. */
const kinds = {
  OpenAI: {
    category: 'system.openai',
    paths: { proxy: '/api/v1/proxy/openai/v1', provider: '/v1', baseUri: '/v1' },
    connect: (sdk: string, options: object) =>
      new (sdks[sdk] as (typeof sdks)[string]).OpenAI({
        apiKey: 'sk-test',
        baseURL: `${provider.url}/v1`,
        maxRetries: 0,
        ...options,
      }),
    authorization: ['authorization', 'Bearer sk-test'],
  },
  AzureOpenAI: {
    category: 'system.azureopenai',
    paths: {
      proxy: '/api/v1/proxy/azure.openai/openai/deployments/team%20a',
      provider: '/openai/deployments/team%20a',
      baseUri: '',
    },
    connect: (sdk: string, options: object) =>
      new (sdks[sdk] as (typeof sdks)[string]).AzureOpenAI({
        apiKey: 'azure-test',
        endpoint: provider.url,
        apiVersion: '2024-10-21',
        deployment: 'team a',
        maxRetries: 0,
        ...options,
      }) as OpenAI,
    authorization: ['api-key', 'azure-test'],
  },
} as const;

const matrix = sdkNames.flatMap((sdk) =>
  Object.keys(rows).flatMap((name) =>
    (['OpenAI', 'AzureOpenAI'] as const).flatMap((kind) =>
      // Azure's responses have no deployment in their path: see below.
      kind === 'AzureOpenAI' && name.startsWith('response') ? [] : [{ sdk, name, kind }],
    ),
  ),
);

describe.each(matrix)('$sdk, $kind, $name', ({ sdk, name, kind }) => {
  const row = rows[name] as Row;
  const { category, paths, connect, authorization } = kinds[kind];
  const resource = kind === 'AzureOpenAI' ? 'team a' : model;
  const expected = {
    category,
    operation: row.operation,
    resource,
    annotations,
    outcome: 'complete',
    units: row.units,
    attempts: 1,
    httpStatus: 200,
    warnings: [],
  };
  const headers = createHeaders(annotations);

  it('goes through Pay-i on route proxy', async () => {
    provider.answerWith(row.answer);
    const client = withPayi(connect(sdk, {}), { payi: payiFor('proxy') });
    await row.call(client, headers);
    const sent = backend.requests.at(-1);
    expect(sent?.path.split('?')[0]).toBe(paths.proxy + row.path);
    expect(sent?.headers).toMatchObject({
      ...wire,
      'xproxy-api-key': backend.apiKey,
      'xproxy-provider-baseuri': provider.url + paths.baseUri,
      [authorization[0]]: authorization[1],
    });
    expect(receipts).toHaveLength(1);
    expect(receipts[0]).toMatchObject({ ...expected, warnings: expect.anything() });
    expect(receipts[0]?.requestId).toBe(backend.ledger.at(-1)?.requestId);
    expect(provider.requests[0]?.headers[authorization[0]]).toBe(authorization[1]);
    expect(diagnostics).toEqual([]);
  });

  it('goes to the provider on route direct, without a trace', async () => {
    const plain: Record<string, unknown>[] = [];
    const record = () => {
      const { headers: seen, body, path } = provider.requests[0] as (typeof provider.requests)[number];
      plain.push({ headers: { ...seen, 'content-length': '' }, body, path });
    };
    provider.answerWith(row.answer);
    await row.call(connect(sdk, {}), {});
    record();
    provider.answerWith(row.answer);
    await row.call(withPayi(connect(sdk, {}), { payi: payiFor('direct') }), headers);
    record();
    const [before, after] = plain;
    expect(after?.headers).toEqual(before?.headers);
    expect(after?.path).toBe(before?.path);
    // It comes with Pay-i's answer, in the background.
    await until(() => receipts.length > 0);
    expect(receipts[0]).toMatchObject(expected);
    expect(receipts).toHaveLength(1);
  });

  it('goes to the client’s own address with its headers on route headers', async () => {
    provider.answerWith(row.answer);
    const payi = payiFor('headers', { defaults: { accountName: 'acme', userId: 'nobody' } });
    await row.call(withPayi(connect(sdk, {}), { payi }), headers);
    expect(provider.requests[0]?.path.split('?')[0]).toBe(paths.provider + row.path);
    expect(provider.requests[0]?.headers).toMatchObject({ ...wire, 'xproxy-account-name': 'acme' });
    expect(provider.requests[0]?.headers).not.toHaveProperty('xproxy-api-key');
    expect(receipts[0]).toMatchObject({ ...expected, annotations: { ...annotations, accountName: 'acme' } });
  });
});

describe.each(sdkNames)('withPayi() on %s', (sdk) => {
  const openai = (options: object = {}) => kinds.OpenAI.connect(sdk, options);

  it('sends calls of api.openai.com to Pay-i without naming the provider', async () => {
    await using pricing = await startPayi({ upstream: { 'api.openai.com': provider.url } });
    const payi = createPayi({ apiKey: pricing.apiKey, baseUrl: pricing.url });
    const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
    provider.answerWith({ json: completion });
    await withPayi(new OpenAI({ apiKey: 'sk-test' }), { payi }).chat.completions.create({ model, messages });
    expect(pricing.requests[0]?.headers).not.toHaveProperty('xproxy-provider-baseuri');
    expect(pricing.ledger).toMatchObject([{ outcome: 'ok', operation: 'chat/completions', resource: model }]);
  });

  it('prices an Azure deployment by its name unless the call says otherwise', async () => {
    provider.answerWith({ json: completion });
    const azure = (deployment: string) => kinds.AzureOpenAI.connect(sdk, { deployment });
    const payi = payiFor('proxy');
    await withPayi(azure('team-a'), { payi }).chat.completions.create({ model, messages });
    expect(backend.requests.at(-1)?.headers['xproxy-priceas-resource']).toBe('team-a');
    const headers = createHeaders({ priceAsResource: model });
    await withPayi(azure('team-a'), { payi }).chat.completions.create({ model, messages }, { headers });
    expect(backend.requests.at(-1)?.headers['xproxy-priceas-resource']).toBe(model);
    expect(receipts.map(({ resource }) => resource)).toEqual(['team-a', 'team-a']);
  });

  it('sends responses of an Azure client to Pay-i where its proxy serves them', async () => {
    provider.answerWith({ json: response });
    const options = { deployment: undefined };
    const classic = withPayi(kinds.AzureOpenAI.connect(sdk, options), { payi: payiFor('proxy') });
    await classic.responses.create({ model: 'team-a', input: 'hello' });
    expect(provider.requests[0]?.path).toBe('/openai/responses?api-version=2024-10-21');
    const baseURL = `${provider.url}/openai/v1`;
    const current = kinds.AzureOpenAI.connect(sdk, { ...options, endpoint: undefined, baseURL });
    await withPayi(current, { payi: payiFor('proxy') }).responses.create({ model: 'team-a', input: 'hello' });
    const { path, headers } = backend.requests.at(-1) as (typeof backend.requests)[number];
    expect(path).toBe('/api/v1/proxy/azure.openai/openai/v1/responses?api-version=2024-10-21');
    expect(headers['xproxy-priceas-resource']).toBe('team-a');
    const category = 'system.azureopenai';
    expect(receipts).toMatchObject([
      { category, resource: 'team-a', units, warnings: [expect.stringContaining('does not serve')] },
      { category, resource: 'team-a', units },
    ]);
    expect(receipts[1]?.requestId).toBeTypeOf('string');
  });

  it('knows an Azure client with a token behind a gateway, made with payiClientOptions()', async () => {
    provider.answerWith({ json: response });
    const client = kinds.AzureOpenAI.connect(sdk, {
      ...payiClientOptions({ payi: payiFor('proxy') }),
      endpoint: `${provider.url}/gateway`,
      deployment: undefined,
      apiKey: undefined,
      azureADTokenProvider: async () => 'token',
    });
    await client.responses.create({ model: 'team-a', input: 'hello' });
    expect(provider.requests[0]?.path).toBe('/gateway/openai/responses?api-version=2024-10-21');
    expect(receipts).toMatchObject([{ category: 'system.azureopenai', resource: 'team-a', units }]);
  });

  it('gives back a client of the same class, with its options, and so on with withOptions()', async () => {
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      seen.push(String(input));
      return globalThis.fetch(input, init);
    };
    for (const kind of Object.values(kinds)) {
      const plain = kind.connect(sdk, { defaultHeaders: { 'x-mine': '1' }, timeout: 1234, fetch });
      const client = withPayi(plain, { payi: payiFor('headers') });
      expect(client).not.toBe(plain);
      expect(Object.getPrototypeOf(client)).toBe(Object.getPrototypeOf(plain));
      expect([client.baseURL, client.timeout, client.maxRetries]).toEqual([plain.baseURL, 1234, 0]);
      expect((client as AzureOpenAI).deploymentName).toBe((plain as AzureOpenAI).deploymentName);
      provider.answerWith({ json: completion });
      const { apiVersion } = plain as AzureOpenAI;
      const next = client.withOptions({
        timeout: 43_210,
        ...(apiVersion && { apiVersion, deployment: 'team a' }),
      });
      await next.chat.completions.create({ model, messages });
      expect(provider.requests[0]?.headers['x-mine']).toBe('1');
    }
    expect(receipts).toHaveLength(2);
    expect(seen).toHaveLength(2);
  });

  it('refuses what createPayi() made in the place of options', () => {
    const payi = payiFor('direct');
    expect(() => withPayi(openai(), payi as never)).toThrow(
      'give withPayi() what that returned, as { payi }',
    );
    expect(() => payiClientOptions(payi as never)).toThrow('give payiClientOptions() what that returned');
  });

  it('is once for a client that has it', async () => {
    const payi = payiFor('proxy');
    const client = withPayi(openai(), { payi });
    expect(withPayi(client, { payi })).toBe(client);
    const clone = client.withOptions({ timeout: 1000 });
    expect(withPayi(clone)).toBe(clone);
    expect(diagnostics).toEqual([]);
    expect(withPayi(client, { payi: payiFor('headers') })).toBe(client);
    expect(diagnostics).toMatchObject([{ code: 'REGISTRATION_IGNORED' }]);
    provider.answerWith({ json: completion });
    const { fetch } = payiClientOptions({ payi, fetch: payiClientOptions({ payi }).fetch });
    await openai({ fetch }).chat.completions.create({ model, messages });
    const inner = payiClientOptions({ payi }).fetch;
    const twice = payiClientOptions({ payi, fetch: (input, init) => inner(input, init) });
    await openai(twice).chat.completions.create({ model, messages });
    expect(receipts).toHaveLength(2);
  });

  it('keeps a client working that points at Pay-i already', async () => {
    provider.answerWith({ json: completion });
    const headers = { 'xProxy-Api-Key': backend.apiKey, 'xProxy-Provider-BaseUri': provider.url };
    const plain = openai({ baseURL: `${backend.url}/api/v1/proxy/openai/v1`, defaultHeaders: headers });
    await withPayi(plain, { payi: payiFor('proxy') }).chat.completions.create({ model, messages });
    expect(backend.requests.at(-1)?.path).toBe('/api/v1/proxy/openai/v1/chat/completions');
    expect(receipts).toMatchObject([{ outcome: 'complete', units }]);
  });

  it('leaves endpoints alone that are not metered, and keeps annotations from the provider', async () => {
    provider.answerWith({ json: { object: 'list', data: [] } });
    for (const route of ['proxy', 'direct'] as const) {
      const defaultHeaders = createHeaders(annotations);
      const client = withPayi(openai({ defaultHeaders }), { payi: payiFor(route) });
      await client.models.list();
      await client.moderations.create({ input: 'hello' });
    }
    expect(provider.requests.map(({ path }) => path)).toEqual([
      '/v1/models',
      '/v1/moderations',
      '/v1/models',
      '/v1/moderations',
    ]);
    expect(JSON.stringify(provider.requests.map(({ headers }) => headers))).not.toContain('xproxy');
    expect(receipts).toEqual([]);
  });

  it('counts what Pay-i’s proxy does not serve, and says that Pay-i knows nothing of it', async () => {
    provider.answerWith({
      json: { id: 'cmpl-1', choices: [{ text: 'Hi', finish_reason: 'stop' }], usage: completion.usage },
    });
    const client = withPayi(openai(), { payi: payiFor('proxy') });
    await client.completions.create({ model, prompt: 'hello' }, { headers: createHeaders(annotations) });
    provider.answerWith({
      json: {
        text: 'hello',
        usage: {
          type: 'tokens',
          input_tokens: 14,
          input_token_details: { text_tokens: 4, audio_tokens: 10 },
          output_tokens: 5,
          total_tokens: 19,
        },
      },
    });
    await client.audio.transcriptions.create({ model, file: new File(['RIFF'], 'a.wav') });
    expect(provider.requests[0]?.headers).not.toHaveProperty('xproxy-user-id');
    expect(receipts).toMatchObject([
      { operation: 'completions', units, annotations, warnings: [expect.stringContaining('does not serve')] },
      {
        operation: 'audio/transcriptions',
        resource: model,
        units: { text: { input: 4, output: 5 }, audio: { input: 10 } },
      },
    ]);
  });

  it('takes key and prompt to no place that a redirect of the proxy points to', async () => {
    const proxy = await listen((_request, response) => {
      response.writeHead(308, { location: `${provider.url}/elsewhere` });
      response.end();
    });
    const before = provider.requests.length;
    const client = withPayi(openai({ maxRetries: 0 }), { payi: payiFor('proxy', { baseUrl: proxy.url }) });
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({ status: 308 });
    expect(provider.requests).toHaveLength(before);
    await proxy.close();
  });

  it('says once that annotations in the place of headers annotate nothing', async () => {
    provider.answerWith({ json: completion });
    const client = withPayi(openai(), { payi: payiFor('headers') });
    for (let call = 0; call < 2; call += 1) {
      const headers = { userId: 'u-42', limitIds: 'team' };
      await client.chat.completions.create({ model, messages }, { headers });
    }
    expect(diagnostics).toEqual([
      {
        code: 'INVALID_HEADERS',
        message:
          'headers of the call have names of annotations, and annotate nothing: limitids, userid; pass what createHeaders() returns',
        operation: 'chat/completions',
      },
    ]);
  });

  it.each(sdkNames)(
    'refuses headers that cannot be read, in %s, once and with an error of ours',
    async (name) => {
      const { OpenAI: Client } = sdks[name] as (typeof sdks)[string];
      const before = [provider.requests.length, backend.requests.length];
      for (const route of ['proxy', 'direct', 'headers'] as const) {
        const options = { apiKey: 'sk-test', baseURL: `${provider.url}/v1`, maxRetries: 5 };
        const payi = payiFor(route);
        const clients = [
          withPayi(new Client(options), { payi }),
          new Client({ ...options, ...payiClientOptions({ payi }) }),
        ];
        for (const client of clients) {
          for (const stream of [false, true]) {
            const headers = { 'xProxy-UseCase-Version': 'three', 'xProxy-User-ID': 'u-42' };
            const call = client.chat.completions.create({ model, messages, stream }, { headers });
            const error = await call.catch((thrown: unknown) => thrown);
            expect(error).toBeInstanceOf(InvalidAnnotationError);
            expect(error).toMatchObject({ key: 'useCaseVersion' });
          }
        }
      }
      expect([provider.requests.length, backend.requests.length]).toEqual(before);
      expect([receipts, diagnostics]).toEqual([[], []]);
    },
  );

  it('refuses what is no client, and a route without its key', () => {
    expect(() => withPayi({} as OpenAI)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CLIENT' }));
    expect(() => withPayi(openai(), { payi: createPayi({ baseUrl: backend.url }) })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    );
  });
});
