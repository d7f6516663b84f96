import { InvalidAnnotationError } from '@payi/core';
import { announceRequest, announceResponse, canonicalHeaderName } from '@payi/core/adapter';
import { collectBody, tapBody } from './body-tap.ts';
import { type Call, callOf } from './call.ts';
import { framePayloads } from './frame-payloads.ts';
import { nodeTransport } from './node-transport.ts';
import { redirectToProxy } from './proxy.ts';
import type { BedrockClient, HttpRequest, HttpResponse, Middleware, MiddlewareOptions } from './smithy.ts';
import { originOf, urlOf } from './url.ts';
import { withHeaders } from './with-headers.ts';

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
    const abortSignal = context.__smithy_context?.abortSignal;
    // What its caller has taken back by now is refused by the transport, and is no call to be reported.
    if (abortSignal?.aborted !== true) observation.attempts += 1;
    if (registration.payi.delivery !== undefined) observation.providerUri = originOf(request);
    observation.content?.sent(request.body, request.headers);
    if (callbacks.onRequest !== undefined) {
      announceRequest(registration, observation, request.method, urlOf(request), request.headers);
    }

    const transport =
      proxy !== undefined && client.config.requestHandler.metadata?.handlerProtocol === 'h2'
        ? nodeTransport(request.protocol)
        : undefined;
    const sentAt = performance.now();
    const result =
      transport === undefined
        ? await next({ ...args, request })
        : { response: await transport(request, abortSignal), output: undefined };
    const { response } = result;

    observation.httpStatus = response.statusCode;
    call.responseHeaders = response.headers;
    observation.content?.answered(response.headers);
    const { statusCode: status, headers } = response;
    announceResponse(registration, observation, { status, headers }, performance.now() - sentAt);
    const prepared = prepareBody(call, response);
    if (prepared !== undefined) await prepared;
    return result;
  };
}

/** A copy: a retry starts again from the request as it was signed. */
function prepareRequest(call: Call, signed: HttpRequest): HttpRequest {
  const { payi, proxy } = call.registration;
  const headers: Record<string, string> = {};
  for (const name in signed.headers) {
    // The transport writes the proxy's own host.
    if (proxy === undefined || !isHost(name)) headers[name] = signed.headers[name] as string;
  }
  for (const name in call.headers) {
    if (canonicalHeaderName(name) === undefined) refuseCollision(name, signed.headers);
    headers[name] = call.headers[name] as string;
  }
  if (proxy === undefined) return withHeaders(signed, headers);
  if (call.contentLength !== undefined) headers['content-length'] = call.contentLength;
  return redirectToProxy(withHeaders(signed, headers), proxy, payi.apiKey());
}

function isHost(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'host' || lower === ':authority';
}

/**
 * @throws `InvalidAnnotationError` for a header that the request has already. Most are signed by now, and another value
 *   would break the signature. The SDK does not retry it.
 */
function refuseCollision(name: string, present: Readonly<Record<string, string>>): void {
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

/**
 * Sees to what the SDK would not show later: a way to close an event stream, content that was asked for, and Pay-i's
 * result where it is dropped on the way to the typed output.
 *
 * @returns A promise only where there is something to wait for.
 */
function prepareBody(call: Call, response: HttpResponse): Promise<void> | undefined {
  const { observation, operation, registration } = call;
  const { content } = observation;
  const holdsResult = registration.proxy !== undefined && response.statusCode < 300;
  if (response.headers['content-type']?.startsWith('application/vnd.amazon.eventstream') === true) {
    const onChunk =
      holdsResult && operation === 'ConverseStream'
        ? framePayloads((payload) => observation.readResultIn(payload))
        : undefined;
    call.closeStream = tapBody(response, onChunk);
  } else if (content !== undefined || (holdsResult && operation === 'Converse')) {
    return collectBody(response).then((bytes) => {
      if (bytes === undefined) return;
      content?.whole(bytes);
      if (holdsResult) observation.readResultIn(bytes);
    });
  }
  return undefined;
}
