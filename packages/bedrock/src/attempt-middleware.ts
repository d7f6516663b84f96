import { runCallback, withoutCredentials } from '@payi/core';
import { type Call, callOf } from './call.ts';
import { nodeTransport } from './node-transport.ts';
import type { BedrockClient, HttpResponse, Middleware, MiddlewareOptions } from './smithy.ts';

/** Once per attempt, around nothing but the transport: `deserialize` / `low` is the innermost place. */
export const attemptMiddlewareOptions: MiddlewareOptions = {
  name: 'payiAttemptMiddleware',
  step: 'deserialize',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};

/**
 * Sees each raw answer. Proxied requests of a client with an HTTP/2-only handler, which is the SDK's default, go out
 * over HTTP/1.1: a proxy that does not speak HTTP/2, or a base URL without TLS, would fail on that handler.
 */
export function attemptMiddleware(client: BedrockClient): Middleware {
  return (next, context) => async (args) => {
    const call = callOf(args);
    if (call === undefined || args.request === undefined) return next(args);
    const { request } = args;
    const transport =
      call.registration.proxy !== undefined && client.config.requestHandler.metadata?.handlerProtocol === 'h2'
        ? nodeTransport(request.protocol)
        : undefined;
    const sentAt = performance.now();
    const result =
      transport === undefined
        ? await next(args)
        : { response: await transport(request, context.__smithy_context?.abortSignal), output: undefined };
    announce(call, result.response, performance.now() - sentAt);
    return result;
  };
}

function announce(call: Call, response: HttpResponse, latencyMs: number): void {
  const { callbacks, payi } = call.registration;
  if (callbacks.onResponse === undefined) return;
  const event = Object.freeze({
    operation: call.operation,
    annotations: call.annotations,
    status: response.statusCode,
    headers: withoutCredentials(response.headers),
    latencyMs,
    attempt: call.attempt,
  });
  runCallback(callbacks.onResponse, event, call.operation, payi.report);
}
