import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import type { Anthropic } from '@anthropic-ai/sdk';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { GoogleGenAI } from '@google/genai';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import {
  createHeaders,
  createPayi,
  type Diagnostic,
  type Payi,
  type Receipt,
  type Route,
  UnsupportedClientError,
} from '@payi/core';
import { withPayi as withPayiGoogle } from '@payi/google';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { type RunningBedrock, startBedrock } from '@payi/testkit';
import type { OpenAI } from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesUsed, nonPublicNames } from '../src/member-names.ts';
import {
  type Provider,
  questions,
  startAnthropicProvider,
  startGoogleProvider,
  startOpenAIProvider,
} from '../src/providers.ts';
import { loadSdks, sdkAge, sdkFolder } from '../src/sdks.ts';

/** A member of a provider SDK that is not public, and what an adapter relies on. */
interface Member {
  /** As the first cell of its row in `docs/architecture.md`. */
  readonly member: string;
  /** As the sources of the adapter write it. */
  readonly name: string;
  /** Each throws when it does not hold. */
  readonly facts: Readonly<Record<string, () => Promise<void> | void>>;
}

const sdks = await loadSdks();

type Fetch = typeof globalThis.fetch;

let openai: Provider;
let anthropic: Provider;
let google: Provider;
let bedrock: RunningBedrock;
beforeAll(async () => {
  [openai, anthropic, google, bedrock] = await Promise.all([
    startOpenAIProvider(),
    startAnthropicProvider(),
    startGoogleProvider(),
    // Requests that are signed for AWS itself are led here.
    startBedrock({ verifySignatures: false, answer: () => ({ text: 'Hi there' }) }),
  ]);
});
afterAll(() => Promise.all([openai, anthropic, google, bedrock].map((server) => server.close())));

/** Sends a request of Anthropic, or of its platform on AWS, to this machine. */
const fetchHere: Fetch = (url, init) => {
  const { pathname } = new URL(String(url));
  return globalThis.fetch((pathname.startsWith('/model/') ? bedrock : anthropic).url + pathname, init);
};

/** @returns A `fetch` that keeps what it was called with. */
function recordingFetch(answer: Fetch = globalThis.fetch): Fetch & { readonly calls: Parameters<Fetch>[] } {
  const calls: Parameters<Fetch>[] = [];
  const recording: Fetch = (...call) => {
    calls.push(call);
    return answer(...call);
  };
  return Object.assign(recording, { calls });
}

const optionsOf = (client: object) => (client as { _options: { timeout?: unknown } })._options;

/** Whether a class below the SDK's base class has the method. */
function overrides(client: object, name: string): boolean {
  const prototype = Object.getPrototypeOf(client) as object;
  const base = Object.getPrototypeOf(prototype) as object;
  if (Object.getPrototypeOf(base) === null) return false;
  return Object.hasOwn(prototype, name) || overrides(prototype, name);
}

const fetchOf = (client: object): unknown => (client as { fetch?: unknown }).fetch;

/** A client that differs from the one given in one member only. */
const withMember = <Client extends object>(client: Client, name: string, value: unknown): Client =>
  Object.create(client, { [name]: { value } }) as Client;

const missing = (...missingMembers: string[]) =>
  expect.objectContaining({ constructor: UnsupportedClientError, missingMembers });

/** What a call throws. */
function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

interface Observed {
  readonly options: { readonly payi: Payi };
  readonly receipts: Receipt[];
  readonly diagnostics: Diagnostic[];
}

function observe(route: Route = 'headers', baseUrl?: string): Observed {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    route,
    apiKey: 'payi-test',
    baseUrl,
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  return { options: { payi }, receipts, diagnostics };
}

const messages = [{ role: 'user' as const, content: questions.plain }];

const newOpenAI = (fetch?: Fetch): OpenAI =>
  new sdks.OpenAI({ apiKey: 'sk-test', baseURL: `${openai.url}/v1`, ...(fetch && { fetch }) });
const azureOptions = { apiVersion: '2024-10-21', deployment: 'gpt-4o' };
const newAzureOpenAI = (fetch?: Fetch): OpenAI =>
  new sdks.AzureOpenAI({
    ...azureOptions,
    apiKey: 'azure-test',
    endpoint: openai.url,
    ...(fetch && { fetch }),
  });
const chat = (client: OpenAI) => client.chat.completions.create({ model: 'gpt-4o', messages });

const newAnthropic = (options: object = {}): Anthropic =>
  new sdks.Anthropic({ apiKey: 'sk-ant-test', baseURL: anthropic.url, ...options });
const aws = { awsRegion: 'us-east-1', awsAccessKey: 'AKIATEST', awsSecretKey: 'secret' };
const newAnthropicBedrock = (options: object = {}): AnthropicBedrock =>
  new sdks.AnthropicBedrock({ ...aws, ...options });
const newMantle = (): Anthropic =>
  new sdks.AnthropicBedrockMantle({
    awsRegion: 'us-east-1',
    awsAccessKey: 'AKIATEST',
    awsSecretAccessKey: 'secret',
  }) as unknown as Anthropic;
const claude = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const message = (client: Pick<AnthropicBedrock, 'messages'>) =>
  client.messages.create({ model: claude, max_tokens: 50, messages });

const newGoogle = (httpOptions: object = {}): GoogleGenAI =>
  new sdks.GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl: google.url, ...httpOptions } });
const question = { model: 'gemini-2.5-flash', contents: 'hello' };
const generate = ({ models }: GoogleGenAI) => models.generateContent(question);
type Send = (request: { readonly httpOptions?: object }) => Promise<unknown>;

const backendMiddlewareOf = (client: object): readonly unknown[] =>
  (client as { backendMiddleware(): readonly unknown[] }).backendMiddleware();

const newBedrock = (options: object = {}): BedrockRuntimeClient =>
  new sdks.bedrock.BedrockRuntimeClient({ ...bedrock.clientConfig, ...options });
const newCommand = (headers?: Record<string, string>) =>
  new sdks.bedrock.InvokeModelCommand({
    modelId: claude,
    body: JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 50, messages }),
    ...(headers && { extraHeaders: headers }),
  });

type Stack = BedrockRuntimeClient['middlewareStack'];
/** Adds middleware that writes its name into a log. */
function addLogging({ middlewareStack }: { middlewareStack: Stack }, log: string[], entry: string): void {
  middlewareStack.add(
    (next) => (args) => {
      log.push(entry);
      return next(args);
    },
    { name: 'logging', step: 'build', override: true },
  );
}

/** A prototype as the adapters put it under a response, whose methods keep their names when they are called. */
function recordingPrototype(): { readonly prototype: object; readonly reads: string[] } {
  const reads: string[] = [];
  const methods = (['json', 'text', 'arrayBuffer', 'blob'] as const).map((name) => [
    name,
    {
      value(this: Response): Promise<unknown> {
        reads.push(name);
        return Response.prototype[name].call(this);
      },
    },
  ]);
  return { prototype: Object.create(Response.prototype, Object.fromEntries(methods)) as object, reads };
}

const members: readonly Member[] = [
  {
    member: '`fetch` of an OpenAI client',
    name: 'fetch',
    facts: {
      'is what the constructor and `withOptions({ fetch })` were given, and goes along to later clients'() {
        for (const create of [newOpenAI, newAzureOpenAI]) {
          const [own, other] = [recordingFetch(), recordingFetch()];
          const client = create(own);
          const changed = client.withOptions({ fetch: other, ...azureOptions });
          expect(fetchOf(client)).toBe(own);
          expect(fetchOf(changed)).toBe(other);
          expect(fetchOf(changed.withOptions({ timeout: 1000, ...azureOptions }))).toBe(other);
        }
      },
      async 'is what each request goes through, a retry included'() {
        for (const create of [newOpenAI, newAzureOpenAI]) {
          const [own, other] = [recordingFetch(), recordingFetch()];
          openai.failNext();
          await chat(create(own).withOptions({ fetch: other, ...azureOptions }));
          expect([own.calls.length, other.calls.length]).toEqual([0, 2]);
        }
      },
      async 'is a function that sends without its client when nobody gave one'() {
        const send = fetchOf(newOpenAI()) as Fetch;
        expect(await send(`${openai.url}/v1/models`)).toBeInstanceOf(Response);
      },
      'is asked for by `withPayi()`'() {
        const client = withMember(newOpenAI(), 'fetch', undefined);
        expect(thrownBy(() => withPayiOpenAI(client, observe().options))).toEqual(missing('fetch'));
      },
    },
  },
  {
    member: '`_buildWebSocketHeaders()` of an OpenAI client',
    name: '_buildWebSocketHeaders',
    facts: {
      'is asked when a WebSocket is opened, which is reported once, where the SDK has it'() {
        const { options, diagnostics } = observe();
        const client = withPayiOpenAI(newOpenAI(), options);
        const isAsked = '_buildWebSocketHeaders' in client;
        const opened = isAsked ? [1, 2].map(() => new OpenAIRealtimeWebSocket({ model: 'm' }, client)) : [];
        for (const socket of opened) {
          // Nobody listens there.
          socket.on('error', () => {});
          socket.close();
        }
        expect(isAsked || sdkAge === 'oldest').toBe(true);
        expect(diagnostics.map(({ code }) => code)).toEqual(isAsked ? ['NOT_METERED'] : []);
      },
    },
  },
  {
    member: '`fetch` of an Anthropic client',
    name: 'fetch',
    facts: {
      'is what the constructor and `withOptions({ fetch })` were given, and goes along to later clients'() {
        for (const create of [newAnthropic, newAnthropicBedrock]) {
          const [own, other] = [recordingFetch(), recordingFetch()];
          const client = create({ fetch: own }) as Anthropic;
          const changed = client.withOptions({ ...aws, fetch: other });
          expect(fetchOf(client)).toBe(own);
          expect(fetchOf(changed)).toBe(other);
          expect(fetchOf(changed.withOptions({ ...aws, timeout: 1000 }))).toBe(other);
        }
      },
      async 'gets the requests of a platform rewritten and signed, with what middleware put under a symbol'() {
        const mark = Symbol('mark');
        const fetch = recordingFetch(fetchHere);
        const seen: string[] = [];
        const middleware = (
          request: { url: string; headers: Headers },
          next: (request: object) => Promise<Response>,
        ) => {
          seen.push(new URL(request.url).pathname, String(request.headers.has('authorization')));
          return next({ ...request, [mark]: 'here' });
        };
        const answer = await message(newAnthropicBedrock({ fetch, middleware: [middleware] }));
        expect(answer.content).toMatchObject([{ type: 'text', text: 'Hi there' }]);
        expect(seen).toEqual(['/v1/messages', 'false']);
        const [[url, init] = []] = fetch.calls;
        expect(decodeURIComponent(String(url))).toMatch(/\/model\/anthropic\.claude.*\/invoke$/);
        expect(new Headers(init?.headers).get('authorization')).toMatch(/^AWS4-HMAC-SHA256 /);
        expect((init as { [mark]?: string })[mark]).toBe('here');
      },
      async 'is a function that sends without its client when nobody gave one'() {
        const send = fetchOf(newAnthropicBedrock()) as Fetch;
        expect(await send(`${openai.url}/v1/models`)).toBeInstanceOf(Response);
      },
      'is asked for by `withPayi()` on a platform that needs it'() {
        const client = withMember(newAnthropicBedrock(), 'fetch', undefined);
        expect(thrownBy(() => withPayiAnthropic(client, observe().options))).toEqual(missing('fetch'));
      },
    },
  },
  {
    member: '`backendMiddleware()` of an Anthropic client',
    name: 'backendMiddleware',
    facts: {
      'is empty for Anthropic’s own API, and not for a platform whose client rewrites requests'() {
        expect(backendMiddlewareOf(newAnthropic())).toEqual([]);
        for (const client of [newAnthropicBedrock(), newMantle()]) {
          expect(backendMiddlewareOf(client)).toEqual([expect.any(Function)]);
        }
      },
      'is asked for by `withPayi()`'() {
        const client = withMember(newAnthropic(), 'backendMiddleware', undefined);
        expect(thrownBy(() => withPayiAnthropic(client, observe().options))).toEqual(
          missing('backendMiddleware'),
        );
        const old = withMember(newAnthropicBedrock(), 'backendMiddleware', () => []);
        expect(thrownBy(() => withPayiAnthropic(old, observe().options))).toEqual(
          missing('the middleware of AnthropicBedrock'),
        );
      },
    },
  },
  {
    member: '`_options` of an OpenAI or Anthropic client',
    name: '_options',
    facts: {
      'has what the constructor was given, and in a copy by `withOptions()` more than that'() {
        for (const client of [newOpenAI(), newAzureOpenAI(), newAnthropic(), newAnthropicBedrock()]) {
          expect(optionsOf(client).timeout).toBeUndefined();
          expect(optionsOf(client.withOptions(azureOptions as object)).timeout).toBe(client.timeout);
        }
      },
      async 'decides whether an Anthropic client refuses a long call, with Pay-i as without'() {
        const client = newAnthropic();
        for (const one of [client, withPayiAnthropic(client, observe().options)]) {
          const call = async () => one.messages.create({ model: 'claude', max_tokens: 100_000, messages });
          await expect(call()).rejects.toThrow('Streaming is required');
        }
      },
    },
  },
  ...(['authHeaders', 'validateHeaders'] as const).map(
    (name): Member => ({
      member: `\`${name}()\` of an Anthropic client`,
      name,
      facts: {
        'is that of the base class for Anthropic’s own API, and not for other platforms'() {
          expect(overrides(newAnthropic(), name)).toBe(false);
          for (const client of [newAnthropicBedrock(), newMantle()])
            expect(overrides(client, name)).toBe(true);
        },
        'makes a class one that is refused'() {
          class Foreign extends sdks.Anthropic {}
          Object.defineProperty(Foreign.prototype, name, { value: () => undefined });
          const client = new Foreign({ apiKey: 'sk-ant-test' });
          expect(thrownBy(() => withPayiAnthropic(client, observe().options))).toEqual(
            missing('a category of Pay-i for Foreign'),
          );
        },
      },
    }),
  ),
  {
    member: '`apiClient` of a Google client',
    name: 'apiClient',
    facts: {
      async 'sends what the models and chats of a client send'() {
        const client = newGoogle();
        const sent: string[] = [];
        for (const name of ['request', 'requestStream'] as const) {
          const { apiClient } = client as unknown as { apiClient: Record<typeof name, Send> };
          const plain = apiClient[name];
          apiClient[name] = (request) => {
            sent.push(name);
            return plain.call(apiClient, request);
          };
        }
        await generate(client);
        for await (const _ of await client.models.generateContentStream(question));
        await client.chats.create({ model: 'gemini-2.5-flash' }).sendMessage({ message: 'hello' });
        expect(sent).toEqual(['request', 'requestStream', 'request']);
      },
      async 'takes a `fetch` for one request, and its retries'() {
        const client = newGoogle({ retryOptions: { initialDelay: 0.01 } });
        const { apiClient } = client as unknown as { apiClient: { request: Send } };
        const plain = apiClient.request;
        const own = recordingFetch();
        apiClient.request = (request) =>
          plain.call(apiClient, { ...request, httpOptions: { ...request.httpOptions, fetch: own } });
        google.failNext();
        await generate(client);
        expect(own.calls).toHaveLength(2);
      },
      'is asked for by `withPayi()`'() {
        const client = withMember(newGoogle(), 'apiClient', {});
        expect(thrownBy(() => withPayiGoogle(client, observe().options))).toEqual(
          missing(
            ...['request', 'requestStream', 'getBaseUrl', 'getFetch'].map((method) => `apiClient.${method}`),
          ),
        );
      },
      async 'authenticates in a copy as in the original'() {
        const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer mine' }) };
        const client = new sdks.GoogleGenAI({
          ...{ vertexai: true, project: 'p', location: 'us-central1' },
          googleAuthOptions: { authClient: authClient as never },
          httpOptions: { baseUrl: google.url },
        });
        await generate(withPayiGoogle(client, observe().options));
        expect(google.headers().at(-1)).toMatchObject({ authorization: 'Bearer mine' });
      },
    },
  },
  {
    member: '`httpOptions` of a Google client',
    name: 'httpOptions',
    facts: {
      async 'are what the constructor was given, and go along to the copy'() {
        const client = newGoogle({ headers: { 'x-own': 'mine' } });
        const { httpOptions } = client as unknown as { httpOptions: object };
        expect(httpOptions).toMatchObject({ headers: { 'x-own': 'mine' } });
        const copy = withPayiGoogle(client, observe().options);
        expect((copy as unknown as { httpOptions: object }).httpOptions).toEqual(httpOptions);
        await generate(copy);
        expect(google.headers().at(-1)).toMatchObject({ 'x-own': 'mine' });
      },
    },
  },
  {
    member: '`handlers` of an AWS client',
    name: 'handlers',
    facts: {
      async 'keeps the middleware of a command with `cacheMiddleware: true`, until it is deleted'() {
        const client = newBedrock({ cacheMiddleware: true });
        const log: string[] = [];
        await client.send(newCommand());
        addLogging(client, log, 'cached');
        await client.send(newCommand());
        expect(log).toEqual([]);
        expect(delete (client as unknown as { handlers?: unknown }).handlers).toBe(true);
        await client.send(newCommand());
        expect(log).toEqual(['cached']);
        client.destroy();
      },
      async 'does not outlive a registration, or its end'() {
        const client = newBedrock({ cacheMiddleware: true });
        const [name, value] = Object.entries(createHeaders({ userId: 'u-42' }))[0] as [string, string];
        const userIds: unknown[] = [];
        const send = async (headers?: Record<string, string>): Promise<void> => {
          await client.send(newCommand(headers));
          userIds.push(bedrock.requests.at(-1)?.headers[name.toLowerCase()]);
        };
        await send();
        const { unregister } = registerBedrockClientCallbacks(client, 'InvokeModel', observe().options);
        await send({ [name]: value });
        unregister();
        await send({ [name]: value });
        expect(userIds).toEqual([undefined, 'u-42', undefined]);
        client.destroy();
      },
    },
  },
  {
    member: '`serviceId` of an AWS client’s configuration',
    name: 'serviceId',
    facts: {
      'names the service'() {
        expect((newBedrock().config as { serviceId?: unknown }).serviceId).toBe('Bedrock Runtime');
      },
      'is asked for when callbacks are registered'() {
        const client = newBedrock();
        const other = withMember(client, 'config', { ...client.config, serviceId: 'S3' });
        expect(
          thrownBy(() => registerBedrockClientCallbacks(other, 'InvokeModel', observe().options)),
        ).toEqual(missing("config.serviceId 'Bedrock Runtime'"));
      },
    },
  },
  {
    member: '`override` of AWS middleware',
    name: 'override',
    facts: {
      async 'replaces the middleware of the same name'() {
        const client = newBedrock();
        const log: string[] = [];
        addLogging(client, log, 'first');
        addLogging(client, log, 'second');
        await client.send(newCommand());
        expect(log).toEqual(['second']);
        client.destroy();
      },
      async 'lets two registrations for Pay-i’s proxy share one client'() {
        const client = newBedrock();
        const { options } = observe('proxy');
        registerBedrockClientCallbacks(client, 'InvokeModel', options);
        registerBedrockClientCallbacks(client, 'Converse', options);
        const names = client.middlewareStack.identify().filter((name) => name.startsWith('payi'));
        expect(new Set(names).size).toBe(names.length);
        client.destroy();
      },
    },
  },
  {
    member: 'the prototype of a `Response`',
    name: 'setPrototypeOf',
    facts: {
      async 'may be set: the OpenAI SDK reads an answer by the methods found there'() {
        const { prototype, reads } = recordingPrototype();
        const fetch: Fetch = async (...call) =>
          Object.setPrototypeOf(await globalThis.fetch(...call), prototype) as Response;
        for (const create of [newOpenAI, newAzureOpenAI]) {
          const { data, response } = await chat(create(fetch)).withResponse();
          expect(data.choices[0]?.message.content).toBe('Hi there');
          expect(Object.getPrototypeOf(response)).toBe(prototype);
          expect(['json', 'text']).toContain(reads.pop());
        }
      },
      async 'may be set: the Anthropic SDKs read an answer by the methods found there'() {
        const { prototype, reads } = recordingPrototype();
        const middleware = async (request: object, next: (request: object) => Promise<Response>) =>
          Object.setPrototypeOf(await next(request), prototype) as Response;
        for (const create of [newAnthropic, newAnthropicBedrock]) {
          const answer = await message(create({ fetch: fetchHere, middleware: [middleware] }));
          expect(answer.content).toMatchObject([{ type: 'text', text: 'Hi there' }]);
          expect(['json', 'text']).toContain(reads.pop());
        }
      },
      async 'leaves the caller a `Response` with all that it had'() {
        const plain = await globalThis.fetch(`${openai.url}/v1/chat/completions`, {
          method: 'POST',
          body: '{}',
        });
        const completed = await chat(withPayiOpenAI(newOpenAI(), observe().options)).asResponse();
        const answered = await message(withPayiAnthropic(newAnthropic(), observe().options)).asResponse();
        for (const [response, { url }] of [
          [completed, openai],
          [answered, anthropic],
        ] as const) {
          expect(response).toBeInstanceOf(Response);
          expect(response.constructor).toBe(plain.constructor);
          expect(response.url).toContain(url);
          expect(Object.keys(response)).toEqual(Object.keys(plain));
          expect(await response.clone().text()).toBe(await response.text());
        }
      },
      async 'may be fixed: the caller gets the answer, and a diagnostic says that it could not be observed'() {
        const fetch: Fetch = async (...call) => Object.preventExtensions(await globalThis.fetch(...call));
        const one = observe();
        expect((await chat(withPayiOpenAI(newOpenAI(fetch), one.options))).choices).toHaveLength(1);
        const other = observe();
        expect(
          (await message(withPayiAnthropic(newAnthropic({ fetch }), other.options))).content,
        ).toHaveLength(1);
        expect([one.diagnostics, other.diagnostics]).toMatchObject([
          [{ code: 'INTERNAL_FAULT' }],
          [{ code: 'INTERNAL_FAULT' }],
        ]);
      },
    },
  },
];

describe.each(members)(`$member, ${sdkAge} SDK`, ({ facts }) => {
  it.each(Object.entries(facts))('%s', (_, holds) => holds());
});

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the SDKs declare what an adapter is given: their clients, middleware, streams and errors. */
const declarations: Readonly<Record<string, readonly string[]>> = {
  openai: ['client', 'azure', 'core/streaming', 'core/error', 'core/api-promise'].map((file) =>
    join(sdkFolder('openai'), `${file}.d.ts`),
  ),
  anthropic: [
    ...['client', 'core/middleware', 'core/api', 'core/streaming', 'core/error', 'core/api-promise'].map(
      (file) => join(sdkFolder('@anthropic-ai/sdk'), `${file}.d.ts`),
    ),
    ...['client', 'mantle-client'].map((file) =>
      join(sdkFolder('@anthropic-ai/bedrock-sdk'), `${file}.d.ts`),
    ),
  ],
  google: [join(sdkFolder('@google/genai'), 'dist/genai.d.ts')],
  bedrock: [
    'dist-types/BedrockRuntimeClient.d.ts',
    // The newest has its client in the first of these, the oldest in the second.
    '../../@smithy/core/dist-types/submodules/client/smithy-client/client.d.ts',
    '../../@smithy/smithy-client/dist-types/client.d.ts',
    ...['client', 'command', 'http', 'middleware', 'transfer'].map(
      (file) => `../../@smithy/types/dist-types/${file}.d.ts`,
    ),
  ].map((file) => join(sdkFolder('@aws-sdk/client-bedrock-runtime'), file)),
};

/** What handles objects of the SDKs, by package. */
const folders: Readonly<Record<string, readonly string[]>> = {
  bedrock: ['src'],
  openai: ['src'],
  anthropic: ['src'],
  google: ['src'],
  core: ['src/call', 'src/http'],
};

describe(`docs/architecture.md, ${sdkAge} SDKs`, () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const [, after = ''] = page.split(/^#+ Members that are not public$/m);
  const [section = ''] = after.split(/^#+ /m);
  const rows = [...section.matchAll(/^\| (.*) \|$/gm)]
    .slice(2)
    .map(([, cells = '']) => cells.split(' | ').map((cell) => cell.trim()));

  it('lists the members that are tested here', () => {
    expect(rows.map(([member]) => member)).toEqual(members.map(({ member }) => member));
  });

  it.each(members)('says where $member is used', ({ member, name }) => {
    const [, usedIn = ''] = rows.find(([cell]) => cell === member) ?? [];
    const files = [...usedIn.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file);
    expect(files).not.toEqual([]);
    const strangers = files.filter(
      (file) => !readFileSync(join(root, 'packages', `${file}`), 'utf8').includes(name),
    );
    expect(strangers).toEqual([]);
  });

  it.each(Object.keys(folders))('lists all that packages/%s uses', (name) => {
    const hidden = nonPublicNames(declarations[name] ?? Object.values(declarations).flat());
    expect(hidden.size).toBeGreaterThan(10);
    hidden.add('setPrototypeOf');
    // Not in the types of each version.
    for (const name of ['_options', '_buildWebSocketHeaders']) hidden.add(name);
    // The one used here is Pay-i's.
    hidden.delete('apiKey');
    const used = (folders[name] ?? []).flatMap((folder) => [
      ...namesUsed(join(root, 'packages', name, folder)),
    ]);
    const listed = rows.filter(([, usedIn]) => usedIn?.includes(`\`${name}/src/`)).map(([member]) => member);
    const expected = members.filter(({ member }) => listed.includes(member)).map((member) => member.name);
    expect(new Set(used.filter((one) => hidden.has(one)))).toEqual(new Set(expected));
  });
});
