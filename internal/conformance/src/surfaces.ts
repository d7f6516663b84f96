import type { Message, MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import type { GoogleGenAI } from '@google/genai';
import { payiClientOptions as anthropicOptions, withPayi as withPayiAnthropic } from '@payi/anthropic';
import { categories, headerNames } from '@payi/core';
import { withPayi as withPayiGoogle } from '@payi/google';
import { payiClientOptions as openaiOptions, withPayi as withPayiOpenAI } from '@payi/openai';
import type OpenAI from 'openai';
import { chatAnswer, geminiAnswer, messagesAnswer, responseAnswer } from './answers.ts';
import { bedrock, bedrockSurface, claude, lowerCase, signedSurface } from './bedrock-surfaces.ts';
import {
  anthropicOnBedrockStream,
  anthropicStream,
  chatStream,
  geminiStream,
  responseStream,
  type StreamFormat,
} from './stream-formats.ts';
import type { Connection, Destination, Request, Surface } from './surface.ts';

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

/** @param isByFetch - Pay-i comes with the constructor's options. */
function anthropicSurface(isStream: boolean, isByFetch = false): Surface {
  const resource = 'claude-opus-4-5';
  return {
    name: `Anthropic messages${isStream ? ', streamed' : ''}${isByFetch ? ', by fetch' : ''}`,
    provider: 'anthropic',
    host: 'api.anthropic.com',
    category: categories.anthropic,
    operation: 'messages',
    resource,
    retries: true,
    proxyHeaders: {},
    isStream,
    format: isStream ? anthropicStream : undefined,
    answer: messagesAnswer,
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ Anthropic }, options, to) => {
      const baseURL = to.url !== undefined && { baseURL: to.url };
      const payi = isByFetch && options && anthropicOptions(options);
      const client = new Anthropic({ apiKey: 'sk-ant-test', ...clientOptions(to), ...baseURL, ...payi });
      const isBare = isByFetch || options === undefined;
      return messagesConnection(isBare ? client : withPayiAnthropic(client, options), resource, isStream);
    },
  };
}

const gpt = 'gpt-4o';
const openai = {
  provider: 'openai',
  host: 'api.openai.com',
  category: categories.openai,
  resource: gpt,
  retries: true,
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

function openaiSurface(
  operation: 'chat/completions' | 'responses',
  isStream: boolean,
  isByFetch = false,
): Surface {
  return {
    ...openai,
    name: `OpenAI ${operation}${isStream ? ', streamed' : ''}${isByFetch ? ', by fetch' : ''}`,
    operation,
    isStream,
    format: isStream ? (operation === 'responses' ? responseStream : chatStream) : undefined,
    answer: operation === 'responses' ? responseAnswer : chatAnswer,
    usageSource: isStream ? 'stream' : 'body',
    connect: ({ OpenAI }, options, to) => {
      const baseURL = to.url !== undefined && { baseURL: `${to.url}/v1` };
      const payi = isByFetch && options && openaiOptions(options);
      const client = new OpenAI({ apiKey: 'sk-test', ...clientOptions(to), ...baseURL, ...payi });
      const call = operation === 'responses' ? responses : chat;
      const isBare = isByFetch || options === undefined;
      return openaiConnection(isBare ? client : withPayiOpenAI(client, options), call, isStream);
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

/** Gemini in a project of Vertex AI. */
function googleSurface(isStream: boolean): Surface {
  const model = 'gemini-2.5-flash';
  const host = 'us-central1-aiplatform.googleapis.com';
  return {
    name: `Google ${isStream ? 'generateContent, streamed' : 'generateContent'}`,
    provider: 'google',
    host,
    category: categories.googleVertex,
    operation: isStream ? 'streamGenerateContent' : 'generateContent',
    resource: `google.${model}`,
    proxyHeaders: lowerCase({ [headerNames.providerBaseUri]: `https://${host}` }),
    isStream,
    format: isStream ? geminiStream : undefined,
    answer: geminiAnswer,
    usageSource: isStream ? 'stream' : 'body',
    retries: 'refusals',
    questionMember: 'contents',
    connect: ({ GoogleGenAI }, options, { url, timeoutMs, maxRetries = 2 }) => {
      const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer test' }) };
      const client = new GoogleGenAI({
        vertexai: true,
        project: 'p',
        location: 'us-central1',
        googleAuthOptions: { authClient: authClient as never },
        httpOptions: {
          retryOptions: { attempts: maxRetries + 1, initialDelay: 0.01 },
          ...(timeoutMs !== undefined && { timeout: timeoutMs }),
          ...(url !== undefined && { baseUrl: url }),
        },
      });
      return googleConnection(options ? withPayiGoogle(client, options) : client, model, isStream);
    },
  };
}

function googleConnection(client: GoogleGenAI, model: string, isStream: boolean): Connection {
  const call = ({ question, headers, signal, timeoutMs }: Request, by: unknown = client): Promise<object> => {
    const httpOptions = { headers, ...(timeoutMs !== undefined && { timeout: timeoutMs }) };
    const config = { httpOptions, ...(signal && { abortSignal: signal }) };
    const { models } = by as GoogleGenAI;
    const parameters = { model, contents: question, config };
    return isStream ? models.generateContentStream(parameters) : models.generateContent(parameters);
  };
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
  googleSurface(false),
  googleSurface(true),
  anthropicSurface(false, true),
  anthropicSurface(true, true),
  openaiSurface('chat/completions', true, true),
  signedSurface('InvokeModel'),
  signedSurface('InvokeModelWithResponseStream'),
  signedSurface('Converse'),
  signedSurface('ConverseStream'),
];

/** The surfaces that stream, over every transport. */
export const streamSurfaces: readonly (Surface & { readonly format: StreamFormat })[] = [
  ...surfaces,
  bedrockSurface('ConverseStream', 'HTTP/1.1'),
  bedrockSurface('ConverseStream', 'fetch'),
].filter((surface): surface is Surface & { readonly format: StreamFormat } => surface.format !== undefined);
