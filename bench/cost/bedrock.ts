import type { HeaderRecord } from './annotations.ts';
import { messageBodies, nextId, tokens } from './answers.ts';
import type { Send, Setup } from './provider.ts';

const encoder = new TextEncoder();

/** Calls InvokeModel through a request handler that answers at once. */
export function openBedrock({ require, payi, storage, tally, isProxied, arrived }: Setup): Send {
  const { BedrockRuntimeClient, InvokeModelCommand } =
    require('@aws-sdk/client-bedrock-runtime') as typeof import('@aws-sdk/client-bedrock-runtime');
  const nextBody = messageBodies(isProxied);
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    requestHandler: {
      handle: async (request: { headers: HeaderRecord }) => {
        arrived(request.headers);
        const headers = {
          'content-type': 'application/json',
          'x-amzn-requestid': nextId(),
          'x-amzn-bedrock-input-token-count': String(tokens.input),
          'x-amzn-bedrock-output-token-count': String(tokens.output),
          'x-amzn-bedrock-invocation-latency': '812',
        };
        return { response: { statusCode: 200, headers, body: encoder.encode(nextBody()) } };
      },
    } as never,
  });
  if (payi !== undefined) {
    const { registerBedrockClientCallbacks } = require('@payi/bedrock') as typeof import('@payi/bedrock');
    registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
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
        tally.add(headers['x-amzn-bedrock-input-token-count'], headers['x-amzn-bedrock-output-token-count']);
        return result;
      },
      // After signing, because a gateway takes these headers off.
      { step: 'finalizeRequest', priority: 'low' },
    );
  }
  const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  const body = JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'Generate a product description for a smart water bottle.' }],
  });
  return (extraHeaders) =>
    client.send(
      new InvokeModelCommand(
        extraHeaders === undefined ? { modelId, body } : ({ modelId, body, extraHeaders } as never),
      ),
    );
}
