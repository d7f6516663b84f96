import type { Message, MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '@payi/bedrock';
import { categories, headerNames, type Payi, type UsageSource } from '@payi/core';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import type * as Handlers from '@smithy/node-http-handler';
import type OpenAI from 'openai';
import {
  type AnswerFormat,
  chatAnswer,
  converseAnswer,
  invokeAnswer,
  messagesAnswer,
  responseAnswer,
} from './answers.ts';
import type { Credentials, providers } from './providers.ts';
import { handlersOfTree, type Sdks } from './sdks.ts';
import {
  anthropicOnBedrockStream,
  anthropicStream,
  chatStream,
  converseStream,
  invokeStream,
  responseStream,
  type StreamFormat,
} from './stream-formats.ts';

/** Where a client's calls go when nobody redirects them, and with whose credentials. */
export interface Destination {
  /** A provider on this machine; `undefined` for the provider's own address. */
  readonly url: string | undefined;
  readonly credentials: Credentials;
  /** Limits of the client. */
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
}

export interface Request {
  readonly question: string;
  readonly headers: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * What a call gives: the object that its receipt is kept by, and its events if it is a stream. That object is what the
 * caller gets; for OpenAI's whole answers it is the `Response`, because its SDK, since 7, parses their text itself and
 * nobody can tell which object came of it.
 */
export interface Sent {
  readonly answer: object;
  readonly events?: AsyncIterable<unknown> | undefined;
}

/** A client of a provider. */
export interface Connection {
  readonly client: unknown;
  /**
   * What the SDK's method gives: a promise, with more methods where the SDK has them.
   *
   * @param by - Another client of its class.
   */
  call(request: Request, by?: unknown): Promise<object>;
  send(request: Request): Promise<Sent>;
  close(): void;
}

/** One way to call one provider. */
export interface Surface {
  readonly name: string;
  readonly provider: keyof typeof providers;
  /** Of the provider itself, in place of which the local one is reached. */
  readonly host: string;
  readonly isStream: boolean;
  /** Only streams have one. */
  readonly format?: StreamFormat | undefined;
  readonly answer: AnswerFormat;
  readonly category: string;
  readonly operation: string;
  /** The model as the caller names it, and its receipt and Pay-i's ledger with it. */
  readonly resource: string;
  readonly usageSource: UsageSource;
  /** What Pay-i gets of this provider besides its key and the annotations. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
  /** @param options - `undefined` for a client without Pay-i. */
  connect(sdks: Sdks, options: SurfaceOptions | undefined, to: Destination): Connection;
}

/** The options with which Pay-i is attached to a client. */
export interface SurfaceOptions
  extends Pick<BedrockCallbackOptions, 'onAbandon' | 'onRequest' | 'onResponse'> {
  readonly payi: Payi;
}

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
const claude = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const bedrock = {
  provider: 'bedrock',
  host: awsHost,
  category: categories.awsBedrock,
  resource: claude,
  proxyHeaders: lowerCase({ [headerNames.providerBaseUri]: `https://${awsHost}` }),
} as const;

type BedrockOperation = 'InvokeModel' | 'InvokeModelWithResponseStream' | 'Converse' | 'ConverseStream';
type BedrockCall = (
  sdk: Sdks['bedrock'],
  client: InstanceType<Sdks['bedrock']['BedrockRuntimeClient']>,
  request: Request,
) => Promise<Sent>;

/** Without Pay-i, the AWS SDK has no such member. */
const extra = ({ headers }: Request) => (Object.keys(headers).length === 0 ? {} : { extraHeaders: headers });
const invoke = (request: Request) => ({
  modelId: claude,
  body: JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 500,
    messages: [{ role: 'user', content: request.question }],
  }),
  ...extra(request),
});
const converse = (request: Request) => ({
  modelId: claude,
  messages: [{ role: 'user' as const, content: [{ text: request.question }] }],
  ...extra(request),
});
const bedrockOptions = ({ signal, timeoutMs }: Request) => ({
  ...(signal && { abortSignal: signal }),
  ...(timeoutMs !== undefined && { requestTimeout: timeoutMs }),
});

const bedrockCalls: Record<BedrockOperation, BedrockCall> = {
  InvokeModel: async ({ InvokeModelCommand }, client, request) => ({
    answer: await client.send(new InvokeModelCommand(invoke(request)), bedrockOptions(request)),
  }),
  InvokeModelWithResponseStream: async (
    { InvokeModelWithResponseStreamCommand: Command },
    client,
    request,
  ) => {
    const answer = await client.send(new Command(invoke(request)), bedrockOptions(request));
    return { answer, events: answer.body };
  },
  Converse: async ({ ConverseCommand }, client, request) => ({
    answer: await client.send(new ConverseCommand(converse(request)), bedrockOptions(request)),
  }),
  ConverseStream: async ({ ConverseStreamCommand }, client, request) => {
    const answer = await client.send(new ConverseStreamCommand(converse(request)), bedrockOptions(request));
    return { answer, events: answer.stream };
  },
};

type Http2Handler = Handlers.NodeHttp2Handler;

/** As applications build them: for metrics, logs, retries of their own. */
export class OwnHandler extends handlersOfTree.NodeHttp2Handler {
  readonly #paths: string[] = [];
  get paths(): readonly string[] {
    return this.#paths;
  }
  override handle(
    ...[request, options]: Parameters<Http2Handler['handle']>
  ): ReturnType<Http2Handler['handle']> {
    this.#paths.push(request.path);
    return super.handle(request, options);
  }
}

/** Options that all request handlers take. */
interface HandlerConfig {
  readonly requestTimeout?: number;
  readonly throwOnRequestTimeout: true;
}

type Transport = 'HTTP/1.1' | 'HTTP/2' | 'own HTTP/2' | 'fetch';
/** Request handlers of an AWS client, besides the default of its version. */
const transports: Readonly<
  Record<Transport, (config: HandlerConfig) => NonNullable<BedrockRuntimeClientConfig['requestHandler']>>
> = {
  'HTTP/1.1': (config) => new handlersOfTree.NodeHttpHandler(config),
  'HTTP/2': (config) => new handlersOfTree.NodeHttp2Handler(config),
  'own HTTP/2': (config) => new OwnHandler(config),
  fetch: (config) => new FetchHttpHandler(config),
};

export function bedrockSurface(operation: BedrockOperation, transport?: Transport): Surface {
  return {
    ...bedrock,
    name: `Bedrock ${operation}${transport === undefined ? '' : ` over ${transport}`}`,
    operation,
    isStream: operation.endsWith('Stream'),
    format: { ConverseStream: converseStream, InvokeModelWithResponseStream: invokeStream }[
      operation as string
    ],
    answer: operation.startsWith('Converse') ? converseAnswer : invokeAnswer,
    usageSource: operation.endsWith('Stream') ? 'stream' : 'body',
    connect: (sdks, options, { url, credentials, timeoutMs, maxRetries }) => {
      const handlerConfig: HandlerConfig = {
        throwOnRequestTimeout: true,
        ...(timeoutMs !== undefined && { requestTimeout: timeoutMs }),
      };
      const client = new sdks.bedrock.BedrockRuntimeClient({
        region: 'us-east-1',
        credentials,
        ...(url !== undefined && { endpoint: url }),
        ...(maxRetries !== undefined && { maxAttempts: maxRetries + 1 }),
        requestHandler: transport === undefined ? handlerConfig : transports[transport](handlerConfig),
      });
      if (options !== undefined) registerBedrockClientCallbacks(client, operation, options);
      const send = (request: Request) => bedrockCalls[operation](sdks.bedrock, client, request);
      return {
        client,
        call: async (request) => (await send(request)).answer,
        send,
        close: () => client.destroy(),
      };
    },
  };
}

/** Options of one call, in the SDKs of OpenAI and Anthropic. */
const requestOptions = ({ headers, signal, timeoutMs }: Request) => ({
  headers,
  ...(signal && { signal }),
  ...(timeoutMs !== undefined && { timeout: timeoutMs }),
});
/** Options of their clients. */
const clientOptions = ({ timeoutMs, maxRetries }: Destination) => ({
  ...(timeoutMs !== undefined && { timeout: timeoutMs }),
  ...(maxRetries !== undefined && { maxRetries }),
});

/** What the clients of Anthropic and of Anthropic on Bedrock have in common. */
interface MessagesClient {
  readonly messages: {
    create(body: MessageCreateParams, options: object): Promise<Message | AsyncIterable<unknown>>;
  };
}

function messagesConnection(client: MessagesClient, model: string, isStream: boolean): Connection {
  const call = (request: Request, by: unknown = client) =>
    (by as MessagesClient).messages.create(
      { model, max_tokens: 500, messages: [{ role: 'user', content: request.question }], stream: isStream },
      requestOptions(request),
    );
  return {
    client,
    call,
    send: async (request) => {
      const answer = await call(request);
      return { answer, ...(isStream && { events: answer as AsyncIterable<unknown> }) };
    },
    close: () => {},
  };
}

function anthropicOnBedrockSurface(isStream: boolean): Surface {
  return {
    ...bedrock,
    name: isStream ? 'AnthropicBedrock messages, streamed' : 'AnthropicBedrock messages',
    operation: 'messages',
    isStream,
    format: isStream ? anthropicOnBedrockStream : undefined,
    answer: messagesAnswer,
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ AnthropicBedrock }, options, to) => {
      const { url } = to;
      const { accessKeyId, secretAccessKey, bearerToken } = to.credentials;
      const shared = { awsRegion: 'us-east-1', ...clientOptions(to) };
      // Not signed at a local address: the oldest version signs the host without its port, which only AWS has not.
      const client =
        url === undefined
          ? new AnthropicBedrock({ ...shared, awsAccessKey: accessKeyId, awsSecretKey: secretAccessKey })
          : new AnthropicBedrock({ ...shared, baseURL: url, apiKey: bearerToken });
      return messagesConnection(options ? withPayiAnthropic(client, options) : client, claude, isStream);
    },
  };
}

function anthropicSurface(isStream: boolean): Surface {
  const resource = 'claude-opus-4-5';
  return {
    name: isStream ? 'Anthropic messages, streamed' : 'Anthropic messages',
    provider: 'anthropic',
    host: 'api.anthropic.com',
    category: categories.anthropic,
    operation: 'messages',
    resource,
    proxyHeaders: {},
    isStream,
    format: isStream ? anthropicStream : undefined,
    answer: messagesAnswer,
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ Anthropic }, options, to) => {
      const baseURL = to.url !== undefined && { baseURL: to.url };
      const client = new Anthropic({ apiKey: 'sk-ant-test', ...clientOptions(to), ...baseURL });
      return messagesConnection(options ? withPayiAnthropic(client, options) : client, resource, isStream);
    },
  };
}

const gpt = 'gpt-4o';
const openai = {
  provider: 'openai',
  host: 'api.openai.com',
  category: categories.openai,
  resource: gpt,
  proxyHeaders: {},
} as const;

type OpenAICall = (client: OpenAI, request: Request, stream: boolean) => WithResponse;
interface WithResponse extends Promise<object> {
  withResponse(): Promise<{ readonly data: object; readonly response: Response }>;
}

const chat: OpenAICall = (client, request, stream) =>
  client.chat.completions.create(
    { model: gpt, messages: [{ role: 'user', content: request.question }], stream },
    requestOptions(request),
  );
const responses: OpenAICall = (client, request, stream) =>
  client.responses.create({ model: gpt, input: request.question, stream }, requestOptions(request));

function openaiConnection(client: OpenAI, call: OpenAICall, isStream: boolean): Connection {
  return {
    client,
    call: (request, by = client) => call(by as OpenAI, request, isStream),
    send: async (request) => {
      const { data, response } = await call(client, request, isStream).withResponse();
      return isStream ? { answer: data, events: data as AsyncIterable<unknown> } : { answer: response };
    },
    close: () => {},
  };
}

function openaiSurface(operation: 'chat/completions' | 'responses', isStream: boolean): Surface {
  return {
    ...openai,
    name: `OpenAI ${operation}${isStream ? ', streamed' : ''}`,
    operation,
    isStream,
    format: isStream ? (operation === 'responses' ? responseStream : chatStream) : undefined,
    answer: operation === 'responses' ? responseAnswer : chatAnswer,
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ OpenAI }, options, to) => {
      const baseURL = to.url !== undefined && { baseURL: `${to.url}/v1` };
      const client = new OpenAI({ apiKey: 'sk-test', ...clientOptions(to), ...baseURL });
      const call = operation === 'responses' ? responses : chat;
      return openaiConnection(options ? withPayiOpenAI(client, options) : client, call, isStream);
    },
  };
}

function azureOpenaiSurface(): Surface {
  const host = 'acme.openai.azure.com';
  return {
    ...openai,
    name: 'AzureOpenAI chat/completions',
    host,
    category: categories.azureOpenai,
    operation: 'chat/completions',
    // Deployments have names of their own; this one has the model's, so that it has a price.
    proxyHeaders: lowerCase({
      [headerNames.providerBaseUri]: `https://${host}`,
      [headerNames.priceAsResource]: gpt,
    }),
    isStream: false,
    answer: chatAnswer,
    usageSource: 'body',
    connect: ({ AzureOpenAI }, options, to) => {
      const client = new AzureOpenAI({
        apiKey: 'azure-test',
        apiVersion: '2024-10-21',
        deployment: gpt,
        endpoint: to.url ?? `https://${host}`,
        ...clientOptions(to),
      });
      return openaiConnection(options ? withPayiOpenAI(client, options) : client, chat, false);
    },
  };
}

/** To add a provider, add a row. */
export const surfaces: readonly Surface[] = [
  bedrockSurface('InvokeModel'),
  bedrockSurface('InvokeModelWithResponseStream'),
  bedrockSurface('Converse'),
  bedrockSurface('ConverseStream'),
  anthropicOnBedrockSurface(false),
  anthropicOnBedrockSurface(true),
  openaiSurface('chat/completions', false),
  openaiSurface('chat/completions', true),
  openaiSurface('responses', false),
  openaiSurface('responses', true),
  azureOpenaiSurface(),
  anthropicSurface(false),
  anthropicSurface(true),
];

/** The surfaces that stream, over every transport. */
export const streamSurfaces: readonly (Surface & { readonly format: StreamFormat })[] = [
  ...surfaces,
  bedrockSurface('ConverseStream', 'HTTP/1.1'),
  bedrockSurface('ConverseStream', 'fetch'),
].filter((surface): surface is Surface & { readonly format: StreamFormat } => surface.format !== undefined);
