import { InvalidAnnotationError } from '@payi/core';
import {
  canonicalHeaderName,
  readJsonMember,
  resultNames,
  runCallback,
  withoutCredentials,
} from '@payi/core/adapter';
import { collectBody, tapBody } from './body-tap.ts';
import { type Call, callOf } from './call.ts';
import { cloneRequest } from './clone-request.ts';
import { framePayloads } from './frame-payloads.ts';
import { nodeTransport } from './node-transport.ts';
import { redirectToProxy } from './proxy.ts';
import type { BedrockClient, HttpRequest, HttpResponse, Middleware, MiddlewareOptions } from './smithy.ts';
import { urlOf } from './url.ts';

/**
 * Once per attempt, around nothing but the transport: `deserialize` / `low` is the innermost place, after signing and
 * inside the retry loop. Headers added here are not signed.
 */
export const attemptMiddlewareOptions: MiddlewareOptions = {
  name: 'payiAttemptMiddleware',
  step: 'deserialize',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};

/**
 * Puts the headers of the call onto the signed request, sends it to Pay-i on route `proxy`, and sees the raw answer.
 *
 * Proxied requests of a client with an HTTP/2-only handler, which is the SDK's default, go out over HTTP/1.1: a proxy
 * that does not speak HTTP/2, or a base URL without TLS, would fail on that handler.
 */
export function attemptMiddleware(client: BedrockClient): Middleware {
  return (next, context) => async (args) => {
    const call = callOf(args);
    if (call === undefined || args.request === undefined) return next(args);
    const { observation, registration } = call;
    const { proxy, callbacks } = registration;
    const request = prepareRequest(call, args.request);
    observation.attempts += 1;
    if (callbacks.onRequest !== undefined) announceRequest(call, request);

    const transport =
      proxy !== undefined && client.config.requestHandler.metadata?.handlerProtocol === 'h2'
        ? nodeTransport(request.protocol)
        : undefined;
    const sentAt = performance.now();
    const result =
      transport === undefined
        ? await next({ ...args, request })
        : { response: await transport(request, context.__smithy_context?.abortSignal), output: undefined };
    const { response } = result;

    observation.httpStatus = response.statusCode;
    call.responseHeaders = response.headers;
    if (callbacks.onResponse !== undefined) announceResponse(call, response, performance.now() - sentAt);
    if (response.statusCode < 300) await prepareBody(call, response);
    return result;
  };
}

/** A copy: a retry starts again from the request as it was signed. */
function prepareRequest(call: Call, signed: HttpRequest): HttpRequest {
  const { payi, proxy } = call.registration;
  const request = cloneRequest(signed);
  addHeaders(request.headers, call.headers);
  if (proxy !== undefined) {
    if (call.contentLength !== undefined) request.headers['content-length'] = call.contentLength;
    redirectToProxy(request, proxy, payi.apiKey());
  }
  return request;
}

/**
 * @throws `InvalidAnnotationError` for a header that the request has already. Most are signed by now, and another value
 *   would break the signature. The SDK does not retry it.
 */
function addHeaders(present: Record<string, string>, added: Readonly<Record<string, string>>): void {
  for (const name in added) {
    if (canonicalHeaderName(name) === undefined) {
      const wanted = name.toLowerCase();
      for (const other in present) {
        if (other.toLowerCase() === wanted) {
          throw new InvalidAnnotationError(
            `extraHeaders[${JSON.stringify(name)}]`,
            'is a header of the request itself; set it through the SDK, so that it is signed',
          );
        }
      }
    }
    present[name] = added[name] as string;
  }
}

/**
 * Sees to what the SDK would not show later: a way to close an event stream, and Pay-i's result where it is dropped on
 * the way to the typed output.
 */
async function prepareBody(call: Call, response: HttpResponse): Promise<void> {
  const { observation, operation } = call;
  const isProxied = call.registration.proxy !== undefined;
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

function announceRequest(
  { operation, annotations, observation, registration }: Call,
  request: HttpRequest,
): void {
  const event = Object.freeze({
    operation,
    annotations,
    method: request.method,
    url: urlOf(request),
    headers: withoutCredentials(request.headers),
    attempt: observation.attempts,
  });
  runCallback(registration.callbacks.onRequest, event, operation, registration.payi.report);
}

function announceResponse(
  { operation, annotations, observation, registration }: Call,
  response: HttpResponse,
  latencyMs: number,
): void {
  const event = Object.freeze({
    operation,
    annotations,
    status: response.statusCode,
    headers: withoutCredentials(response.headers),
    latencyMs,
    attempt: observation.attempts,
  });
  runCallback(registration.callbacks.onResponse, event, operation, registration.payi.report);
}
