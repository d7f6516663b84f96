import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { ExtraHeaders } from '../src/index.ts';

interface CallOptions {
  readonly modelId: string;
  readonly extraHeaders?: ExtraHeaders;
  readonly abortSignal?: AbortSignal;
}

const prompt = 'Human: Generate a product description for a smart water bottle.\n\nAssistant:';
const textCompletion = JSON.stringify({ prompt, temperature: 0.7, max_tokens_to_sample: 500 });
const messages = [{ role: 'user' as const, content: [{ text: prompt }] }];

/** The text of a legacy completion, whole or one chunk of it. */
function completionOf(bytes: Uint8Array | undefined): string {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { completion: string }).completion;
}

/** Each operation called and read to its end: what the caller got, as text. */
export const calls = {
  async InvokeModel(client: BedrockRuntimeClient, { abortSignal, ...options }: CallOptions) {
    const response = await client.send(new InvokeModelCommand({ ...options, body: textCompletion }), {
      abortSignal,
    });
    return completionOf(response.body);
  },
  async InvokeModelWithResponseStream(
    client: BedrockRuntimeClient,
    { abortSignal, ...options }: CallOptions,
  ) {
    const command = new InvokeModelWithResponseStreamCommand({ ...options, body: textCompletion });
    const response = await client.send(command, { abortSignal });
    let text = '';
    for await (const event of response.body ?? []) text += completionOf(event.chunk?.bytes);
    return text;
  },
  async Converse(client: BedrockRuntimeClient, { abortSignal, ...options }: CallOptions) {
    const response = await client.send(new ConverseCommand({ ...options, messages }), { abortSignal });
    return JSON.stringify(response.output?.message?.content);
  },
  async ConverseStream(client: BedrockRuntimeClient, { abortSignal, ...options }: CallOptions) {
    const response = await client.send(new ConverseStreamCommand({ ...options, messages }), { abortSignal });
    let text = '';
    for await (const event of response.stream ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
    return text;
  },
} as const;

export type ProxiedOperation = keyof typeof calls;
export const proxiedOperations = Object.keys(calls) as ProxiedOperation[];
