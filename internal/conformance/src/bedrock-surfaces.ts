import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { payiClientOptions, registerBedrockClientCallbacks } from '@payi/bedrock';
import { categories, headerNames, type UsageSource } from '@payi/core';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import type * as Handlers from '@smithy/node-http-handler';
import { converseAnswer, invokeAnswer } from './answers.ts';
import { type BedrockAction, sendSigned } from './bedrock-fetch-client.ts';
import { handlersOfTree, type Sdks } from './sdks.ts';
import { converseStream, invokeStream } from './stream-formats.ts';
import type { Request, Sent, Surface } from './surface.ts';

/** Headers as a server has them. */
export const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const awsHost = 'bedrock-runtime.us-east-1.amazonaws.com';
export const claude = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
export const bedrock: Pick<
  Surface,
  'provider' | 'host' | 'category' | 'resource' | 'retries' | 'proxyHeaders'
> = {
  provider: 'bedrock',
  host: awsHost,
  category: categories.awsBedrock,
  resource: claude,
  retries: true,
  proxyHeaders: lowerCase({ [headerNames.providerBaseUri]: `https://${awsHost}` }),
};

type BedrockOperation = 'InvokeModel' | 'InvokeModelWithResponseStream' | 'Converse' | 'ConverseStream';
type BedrockCall = (
  sdk: Sdks['bedrock'],
  client: InstanceType<Sdks['bedrock']['BedrockRuntimeClient']>,
  request: Request,
) => Promise<Sent>;

/** Without Pay-i, the AWS SDK has no such member. */
const extra = ({ headers }: Request) => (Object.keys(headers).length === 0 ? {} : { extraHeaders: headers });
const messagesBody = ({ question }: Request) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 500,
  messages: [{ role: 'user', content: question }],
});
const converseBody = ({ question }: Request) => ({
  messages: [{ role: 'user' as const, content: [{ text: question }] }],
});
const invoke = (request: Request) => ({
  modelId: claude,
  body: JSON.stringify(messagesBody(request)),
  ...extra(request),
});
const converse = (request: Request) => ({ modelId: claude, ...converseBody(request), ...extra(request) });
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

/** What the surfaces of an operation have in common, with the AWS SDK and without. */
const bedrockOperation = (operation: BedrockOperation) => ({
  ...bedrock,
  operation,
  isStream: operation.endsWith('Stream'),
  format: { ConverseStream: converseStream, InvokeModelWithResponseStream: invokeStream }[
    operation as string
  ],
  answer: operation.startsWith('Converse') ? converseAnswer : invokeAnswer,
  usageSource: (operation.endsWith('Stream') ? 'stream' : 'body') as UsageSource,
});

export function bedrockSurface(operation: BedrockOperation, transport?: Transport): Surface {
  return {
    ...bedrockOperation(operation),
    name: `Bedrock ${operation}${transport === undefined ? '' : ` over ${transport}`}`,
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

const actions: Record<BedrockOperation, BedrockAction['action']> = {
  InvokeModel: 'invoke',
  InvokeModelWithResponseStream: 'invoke-with-response-stream',
  Converse: 'converse',
  ConverseStream: 'converse-stream',
};

/** Without the AWS SDK. */
export function signedSurface(operation: BedrockOperation): Surface {
  return {
    ...bedrockOperation(operation),
    name: `Bedrock ${operation}, signed before fetch`,
    retries: false,
    connect: (_, options, to) => {
      const client = options ? payiClientOptions(options) : globalThis;
      const action = actions[operation];
      const send = (request: Request) => {
        const body = operation.startsWith('Converse') ? converseBody(request) : messagesBody(request);
        return sendSigned(client.fetch, { action, body }, claude, request, to);
      };
      return { client, call: async (request) => (await send(request)).answer, send, close: () => {} };
    },
  };
}
