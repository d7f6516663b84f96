import { Readable } from 'node:stream';
import type { HeaderRecord } from './annotations.ts';
import { tokens } from './answers.ts';
import type { Send, Setup } from './provider.ts';

/** Calls a model of Bedrock through a request handler that answers at once. */
export function openBedrock({
  require,
  payi,
  requestMetadata,
  storage,
  tally,
  isStreamed,
  answer,
}: Setup): Send {
  const { BedrockRuntimeClient, InvokeModelCommand, InvokeModelWithResponseStreamCommand } =
    require('@aws-sdk/client-bedrock-runtime') as typeof import('@aws-sdk/client-bedrock-runtime');
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    requestHandler: {
      handle: async (request: { headers: HeaderRecord }) => {
        const { id, chunks } = answer(request.headers);
        const headers = {
          'content-type': isStreamed ? 'application/vnd.amazon.eventstream' : 'application/json',
          'x-amzn-requestid': id,
          'x-amzn-bedrock-input-token-count': String(tokens.input),
          'x-amzn-bedrock-output-token-count': String(tokens.output),
          'x-amzn-bedrock-invocation-latency': '812',
        };
        const body = isStreamed ? Readable.from(chunks) : chunks[0];
        return { response: { statusCode: 200, headers, body } };
      },
    } as never,
  });
  if (payi !== undefined) {
    const { registerBedrockClientCallbacks } = require('@payi/bedrock') as typeof import('@payi/bedrock');
    registerBedrockClientCallbacks(client, ['InvokeModel', 'InvokeModelWithResponseStream'], {
      payi,
      requestMetadata,
    });
  }
  if (storage !== undefined) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const { extraHeaders } = args.input as { extraHeaders?: HeaderRecord };
        Object.assign(
          (args.request as { headers: HeaderRecord }).headers,
          extraHeaders ?? storage.getStore(),
        );
        const result = await next(args);
        const { headers } = result.response as { headers: HeaderRecord };
        if (!isStreamed) {
          tally.add(
            headers['x-amzn-bedrock-input-token-count'],
            headers['x-amzn-bedrock-output-token-count'],
          );
        }
        return result;
      },
      // After signing, because a gateway takes these headers off.
      { step: 'finalizeRequest', priority: 'low' },
    );
  }
  const input = {
    modelId: 'anthropic.claude-opus-4-5-20251101-v1:0',
    body: JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Generate a product description for a smart water bottle.' }],
    }),
  };
  if (!isStreamed) {
    return (extraHeaders) =>
      client.send(new InvokeModelCommand(extraHeaders ? { ...input, extraHeaders } : { ...input }));
  }
  const decoder = new TextDecoder();
  return async () => {
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand({ ...input }));
    let last: Uint8Array | undefined;
    let events = 0;
    for await (const event of body ?? []) {
      events += 1;
      last = event.chunk?.bytes;
    }
    if (storage !== undefined) {
      const { 'amazon-bedrock-invocationMetrics': metrics } = JSON.parse(decoder.decode(last));
      tally.add(metrics.inputTokenCount, metrics.outputTokenCount);
    }
    return events;
  };
}
