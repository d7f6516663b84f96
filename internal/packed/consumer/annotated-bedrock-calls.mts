// The types of an application that annotates Bedrock calls. Checked as written (ESM) and again as `.cts` (CommonJS).
import {
  BedrockRuntime,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { type BedrockRegistration, registerBedrockClientCallbacks } from '@payi/bedrock';
import { type Annotations, createHeaders, createPayi, isPayiError, parseHeaders } from '@payi/core';

const modelId = 'anthropic.claude-3-sonnet-20240229';
const body = '{}';
const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
const extraHeaders = createHeaders({ useCaseName: 'text_generation', limitIds: ['aws_budget'] });

export async function acceptsExtraHeaders(client: BedrockRuntimeClient): Promise<string> {
  const invoked = await client.send(new InvokeModelCommand({ modelId, body, extraHeaders }));
  const streamed = await client.send(
    new InvokeModelWithResponseStreamCommand({ modelId, body, extraHeaders }),
  );
  const conversed = await client.send(new ConverseCommand({ modelId, messages, extraHeaders }));
  const converseStream = await client.send(new ConverseStreamCommand({ modelId, messages, extraHeaders }));
  // Outputs are the SDK's own.
  for await (const event of streamed.body ?? []) event.chunk?.bytes?.byteLength;
  for await (const event of converseStream.stream ?? []) event.contentBlockDelta?.delta?.text?.length;
  return invoked.body.transformToString() + (conversed.stopReason ?? '');
}

export async function acceptsExtraHeadersOnMethods(bedrock: BedrockRuntime): Promise<void> {
  await bedrock.invokeModel({ modelId, body, extraHeaders });
  await bedrock.invokeModelWithResponseStream({ modelId, body, extraHeaders });
  await bedrock.converse({ modelId, messages, extraHeaders });
  await bedrock.converseStream({ modelId, messages, extraHeaders });
}

export function acceptsClientsAndOptions(): BedrockRegistration[] {
  const payi = createPayi({ route: 'headers', defaults: { accountName: 'acme' } });
  return [
    registerBedrockClientCallbacks(new BedrockRuntimeClient({}), 'InvokeModel', { payi }),
    registerBedrockClientCallbacks(new BedrockRuntime({}), ['Converse', 'CountTokens'], {
      payi,
      onRequest: (request) => {
        const annotations: Annotations = request.annotations;
        request.headers['x-name']?.toUpperCase();
        return void annotations.userId?.length;
      },
      onResponse: (response) => void response.status.toFixed(),
    }),
  ];
}

export function acceptsOptionalHeaders(headers: Record<string, string> | undefined): InvokeModelCommand {
  return new InvokeModelCommand({ modelId, body, extraHeaders: headers });
}

export function narrowsErrors(error: unknown): string {
  return isPayiError(error) ? error.code : (parseHeaders({}).useCaseName ?? '');
}

export function refusesMistakes(client: BedrockRuntimeClient, bedrock: BedrockRuntime): void {
  // @ts-expect-error -- a value that is not text
  new InvokeModelCommand({ modelId, body, extraHeaders: { 'xProxy-UseCase-Version': 1 } });
  // @ts-expect-error -- a misspelt member
  new InvokeModelCommand({ modelId, body, extraHeader: extraHeaders });
  // @ts-expect-error -- a misspelt member of a method's input
  void bedrock.converse({ modelId, messages, extra_headers: extraHeaders });
  // @ts-expect-error -- a value that is not text, in a method's input
  void bedrock.converseStream({ modelId, messages, extraHeaders: { 'xProxy-Limit-IDs': ['aws_budget'] } });
  // @ts-expect-error -- a misspelt annotation
  createHeaders({ usecaseName: 'text_generation' });
  // @ts-expect-error -- an annotation of the wrong type
  createHeaders({ limitIds: 'aws_budget' });
  // @ts-expect-error -- an operation that does not exist
  registerBedrockClientCallbacks(client, 'InvokeModels');
  // @ts-expect-error -- a misspelt option
  registerBedrockClientCallbacks(client, 'InvokeModel', { onRequests: () => {} });
  // @ts-expect-error -- not a client
  registerBedrockClientCallbacks({}, 'InvokeModel');
}
