import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  ConverseStreamCommand,
  type ConverseStreamCommandInput,
  type ConverseStreamCommandOutput,
  InvokeModelCommand,
  type InvokeModelCommandInput,
  type InvokeModelCommandOutput,
  InvokeModelWithResponseStreamCommand,
  type InvokeModelWithResponseStreamCommandInput,
  type InvokeModelWithResponseStreamCommandOutput,
} from '@aws-sdk/client-bedrock-runtime';

/** A model that the local Bedrock does not need to know: all answers are scripted. */
export const anyModel = 'anthropic.claude-3-haiku-20240307-v1:0';

const messages = [{ role: 'user' as const, content: [{ text: 'What is the capital of France?' }] }];
const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 10, messages });

/** The input of each operation, created for each call. */
export const inputs: {
  InvokeModel(modelId: string): InvokeModelCommandInput;
  InvokeModelWithResponseStream(modelId: string): InvokeModelWithResponseStreamCommandInput;
  Converse(modelId: string): ConverseCommandInput;
  ConverseStream(modelId: string): ConverseStreamCommandInput;
} = {
  InvokeModel: (modelId) => ({ modelId, body, contentType: 'application/json' }),
  InvokeModelWithResponseStream: (modelId) => ({ modelId, body, contentType: 'application/json' }),
  Converse: (modelId) => ({ modelId, messages: structuredClone(messages) }),
  ConverseStream: (modelId) => ({ modelId, messages: structuredClone(messages) }),
};

export interface CallOptions {
  modelId?: string;
  abortSignal?: AbortSignal;
}

type Client = BedrockRuntimeClient;

export function invoke(client: Client, options: CallOptions = {}): Promise<InvokeModelCommandOutput> {
  return client.send(
    new InvokeModelCommand(inputs.InvokeModel(options.modelId ?? anyModel)),
    sendOptions(options),
  );
}

export function converse(client: Client, options: CallOptions = {}): Promise<ConverseCommandOutput> {
  return client.send(new ConverseCommand(inputs.Converse(options.modelId ?? anyModel)), sendOptions(options));
}

export function invokeStream(
  client: Client,
  options: CallOptions = {},
): Promise<InvokeModelWithResponseStreamCommandOutput> {
  const input = inputs.InvokeModelWithResponseStream(options.modelId ?? anyModel);
  return client.send(new InvokeModelWithResponseStreamCommand(input), sendOptions(options));
}

export function converseStream(
  client: Client,
  options: CallOptions = {},
): Promise<ConverseStreamCommandOutput> {
  const input = inputs.ConverseStream(options.modelId ?? anyModel);
  return client.send(new ConverseStreamCommand(input), sendOptions(options));
}

/** `undefined` rather than empty options: the SDK uses its cache of `cacheMiddleware: true` only without options. */
function sendOptions({ abortSignal }: CallOptions): { abortSignal: AbortSignal } | undefined {
  return abortSignal && { abortSignal };
}

/** Reads a stream to its end. */
export async function readAll<Event>(stream: AsyncIterable<Event> | undefined): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

/** The four operations by name, each with its call and the stream of its output, if the output has a stream. */
export const operations: readonly {
  name: keyof typeof inputs;
  call(client: Client, options?: CallOptions): Promise<object>;
  streamOf(output: object): AsyncIterable<object> | undefined;
}[] = [
  { name: 'InvokeModel', call: invoke, streamOf: () => undefined },
  { name: 'Converse', call: converse, streamOf: () => undefined },
  {
    name: 'InvokeModelWithResponseStream',
    call: invokeStream,
    streamOf: (output) => (output as InvokeModelWithResponseStreamCommandOutput).body,
  },
  {
    name: 'ConverseStream',
    call: converseStream,
    streamOf: (output) => (output as ConverseStreamCommandOutput).stream,
  },
];
