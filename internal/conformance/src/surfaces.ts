import type { Message, MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { type BedrockCallbackOptions, registerBedrockClientCallbacks } from '@payi/bedrock';
import { categories, headerNames, type Payi, type UsageSource } from '@payi/core';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type OpenAI from 'openai';
import type { Credentials, providers } from './providers.ts';
import type { Sdks } from './sdks.ts';
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
  /** How often the SDK retries, if not as often as it does by itself. */
  readonly maxRetries?: number | undefined;
}

export interface Request {
  readonly question: string;
  readonly headers: Record<string, string>;
  readonly signal?: AbortSignal;
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

/** A client of a provider, with Pay-i. */
export interface Connection {
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
  readonly category: string;
  readonly operation: string;
  /** The model as the caller names it, and its receipt and Pay-i's ledger with it. */
  readonly resource: string;
  readonly usageSource: UsageSource;
  /** What Pay-i gets of this provider besides its key and the annotations. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
  connect(sdks: Sdks, options: SurfaceOptions, to: Destination): Connection;
}

/** The options with which Pay-i is attached to a client. */
export interface SurfaceOptions
  extends Pick<BedrockCallbackOptions, 'onAbandon' | 'onRequest' | 'onResponse'> {
  readonly payi: Payi;
}

const retries = (maxRetries: number | undefined): { maxRetries?: number } =>
  maxRetries === undefined ? {} : { maxRetries };

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

const invoke = ({ question, headers }: Request) => ({
  modelId: claude,
  body: JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 500,
    messages: [{ role: 'user', content: question }],
  }),
  extraHeaders: headers,
});
const converse = ({ question, headers }: Request) => ({
  modelId: claude,
  messages: [{ role: 'user' as const, content: [{ text: question }] }],
  extraHeaders: headers,
});
const abortWith = ({ signal }: Request) => (signal === undefined ? {} : { abortSignal: signal });

const bedrockCalls: Record<BedrockOperation, BedrockCall> = {
  InvokeModel: async ({ InvokeModelCommand }, client, request) => ({
    answer: await client.send(new InvokeModelCommand(invoke(request)), abortWith(request)),
  }),
  InvokeModelWithResponseStream: async (
    { InvokeModelWithResponseStreamCommand: Command },
    client,
    request,
  ) => {
    const answer = await client.send(new Command(invoke(request)), abortWith(request));
    return { answer, events: answer.body };
  },
  Converse: async ({ ConverseCommand }, client, request) => ({
    answer: await client.send(new ConverseCommand(converse(request)), abortWith(request)),
  }),
  ConverseStream: async ({ ConverseStreamCommand }, client, request) => {
    const answer = await client.send(new ConverseStreamCommand(converse(request)), abortWith(request));
    return { answer, events: answer.stream };
  },
};

/** Request handlers of an AWS client besides the default of its version. */
const transports = { 'HTTP/1.1': () => new NodeHttpHandler(), fetch: () => new FetchHttpHandler() };

function bedrockSurface(operation: BedrockOperation, transport?: keyof typeof transports): Surface {
  return {
    ...bedrock,
    name: `Bedrock ${operation}${transport === undefined ? '' : ` over ${transport}`}`,
    operation,
    isStream: operation.endsWith('Stream'),
    format: { ConverseStream: converseStream, InvokeModelWithResponseStream: invokeStream }[
      operation as string
    ],
    // InvokeModel has the counts in headers, so that its body need not be parsed.
    usageSource: operation.endsWith('Stream')
      ? 'stream'
      : operation === 'InvokeModel'
        ? 'response-headers'
        : 'body',
    connect: (sdks, options, { url, credentials, maxRetries }) => {
      const client = new sdks.bedrock.BedrockRuntimeClient({
        region: 'us-east-1',
        credentials,
        ...(maxRetries !== undefined && { maxAttempts: maxRetries + 1 }),
        ...(url !== undefined && { endpoint: url }),
        ...(transport !== undefined && { requestHandler: transports[transport]() }),
      });
      registerBedrockClientCallbacks(client, operation, options);
      return {
        send: (request) => bedrockCalls[operation](sdks.bedrock, client, request),
        close: () => client.destroy(),
      };
    },
  };
}

/** What the clients of Anthropic and of Anthropic on Bedrock have in common. */
interface MessagesClient {
  readonly messages: {
    create(body: MessageCreateParams, options: object): PromiseLike<Message | AsyncIterable<unknown>>;
  };
}

function messagesConnection(client: MessagesClient, model: string, isStream: boolean): Connection {
  return {
    send: async ({ question, headers, signal }) => {
      const answer = await client.messages.create(
        { model, max_tokens: 500, messages: [{ role: 'user', content: question }], stream: isStream },
        { headers, ...(signal && { signal }) },
      );
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
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ AnthropicBedrock }, options, { url, credentials, maxRetries }) => {
      const { accessKeyId, secretAccessKey, bearerToken } = credentials;
      const awsRegion = 'us-east-1';
      // Not signed at a local address: the oldest version signs the host without its port, which only AWS has not.
      const client =
        url === undefined
          ? new AnthropicBedrock({ awsRegion, awsAccessKey: accessKeyId, awsSecretKey: secretAccessKey })
          : new AnthropicBedrock({ awsRegion, baseURL: url, apiKey: bearerToken, ...retries(maxRetries) });
      return messagesConnection(withPayiAnthropic(client, options), claude, isStream);
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
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ Anthropic }, options, { url, maxRetries }) => {
      const client = new Anthropic({
        apiKey: 'sk-ant-test',
        ...(url !== undefined && { baseURL: url }),
        ...retries(maxRetries),
      });
      return messagesConnection(withPayiAnthropic(client, options), resource, isStream);
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
interface WithResponse {
  withResponse(): Promise<{ readonly data: object; readonly response: Response }>;
}

const chat: OpenAICall = (client, { question, headers, signal }, stream) =>
  client.chat.completions.create(
    { model: gpt, messages: [{ role: 'user', content: question }], stream },
    { headers, ...(signal && { signal }) },
  );
const responses: OpenAICall = (client, { question, headers, signal }, stream) =>
  client.responses.create({ model: gpt, input: question, stream }, { headers, ...(signal && { signal }) });

function openaiConnection(client: OpenAI, call: OpenAICall, isStream: boolean): Connection {
  return {
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
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ OpenAI }, options, { url, maxRetries }) => {
      const client = new OpenAI({
        apiKey: 'sk-test',
        ...(url !== undefined && { baseURL: `${url}/v1` }),
        ...retries(maxRetries),
      });
      const call = operation === 'responses' ? responses : chat;
      return openaiConnection(withPayiOpenAI(client, options), call, isStream);
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
    usageSource: 'body',
    connect: ({ AzureOpenAI }, options, { url, maxRetries }) => {
      const client = new AzureOpenAI({
        apiKey: 'azure-test',
        apiVersion: '2024-10-21',
        deployment: gpt,
        endpoint: url ?? `https://${host}`,
        ...retries(maxRetries),
      });
      return openaiConnection(withPayiOpenAI(client, options), chat, false);
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
