import { readJsonMember, resultNames, runCallback, withoutCredentials } from '@payi/core/adapter';
import { collectBody, tapBody } from './body-tap.ts';
import { type Call, callOf } from './call.ts';
import { framePayloads } from './frame-payloads.ts';
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
    const isProxied = call.registration.proxy !== undefined;
    const transport =
      isProxied && client.config.requestHandler.metadata?.handlerProtocol === 'h2'
        ? nodeTransport(request.protocol)
        : undefined;
    const sentAt = performance.now();
    const result =
      transport === undefined
        ? await next(args)
        : { response: await transport(request, context.__smithy_context?.abortSignal), output: undefined };
    const { response } = result;
    call.observation.httpStatus = response.statusCode;
    call.responseHeaders = response.headers;
    announce(call, response, performance.now() - sentAt);
    if (response.statusCode < 300) await prepareBody(call, response, isProxied);
    return result;
  };
}

/**
 * Sees to what the SDK would not show later: a way to close an event stream, and Pay-i's result where it is dropped on
 * the way to the typed output.
 */
async function prepareBody(call: Call, response: HttpResponse, isProxied: boolean): Promise<void> {
  const { observation, operation } = call;
  const readResult = (bytes: Uint8Array): void => {
    observation.readResult(readJsonMember(bytes, resultNames));
  };
  if (response.headers['content-type']?.startsWith('application/vnd.amazon.eventstream') === true) {
    const isTyped = operation === 'ConverseStream';
    call.closeStream = tapBody(response, isProxied && isTyped ? framePayloads(readResult) : undefined);
  } else if (isProxied && operation === 'Converse') {
    readResult(await collectBody(response));
  }
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
    attempt: call.observation.attempts,
  });
  runCallback(callbacks.onResponse, event, call.operation, payi.report);
}
