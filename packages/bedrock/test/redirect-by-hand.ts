import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { RunningPayi } from '@payi/testkit';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** What a call through Pay-i's proxy takes, and nothing more: signed for AWS's host, sent to Pay-i over HTTP/1.1. */
export function redirectByHand({
  url,
  apiKey,
}: Pick<RunningPayi, 'url' | 'apiKey'>): (client: BedrockRuntimeClient) => void {
  interface Request {
    protocol: string;
    hostname: string;
    port?: number;
    path: string;
    headers: Record<string, string>;
  }
  const proxy = new URL(url);
  return ({ middlewareStack }) => {
    middlewareStack.add(
      (next) => async (args) => {
        const { headers } = args.request as Request;
        if (headers[':authority'] !== undefined) headers.host = headers[':authority'];
        for (const name of [':authority', 'x-amz-user-agent']) delete headers[name];
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    const handler = new NodeHttpHandler();
    middlewareStack.add(
      (_next, context) => async (args) => {
        const signed = args.request as Request;
        const { host: _, ...headers } = signed.headers;
        const request = Object.assign(Object.create(Object.getPrototypeOf(signed)), signed, {
          protocol: proxy.protocol,
          hostname: proxy.hostname,
          port: Number(proxy.port),
          path: `/api/v1/proxy/aws.bedrock${signed.path}`,
          headers: {
            ...headers,
            'xProxy-Api-Key': apiKey,
            'xProxy-Provider-BaseUri': `${signed.protocol}//${signed.hostname}:${signed.port}`,
          },
        });
        const { abortSignal } =
          (context as { __smithy_context?: { abortSignal?: AbortSignal } }).__smithy_context ?? {};
        const { response } = await handler.handle(request, abortSignal ? { abortSignal } : {});
        return { response, output: undefined as never };
      },
      { step: 'deserialize', priority: 'low' },
    );
  };
}

/** Takes out of an answer's bytes the id that Pay-i gives to each call. */
export function withoutResultIds(bytes: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/"request_id":"[^"]*"/g, '"request_id":""'),
    'latin1',
  );
}
