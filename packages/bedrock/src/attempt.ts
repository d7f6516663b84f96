import {
  framePayload,
  frameReader,
  InvalidAnnotationError,
  parseMember,
  resultNames,
  type SentRequest,
} from '@payi/core/adapter';
import { originOf, redirectToProxy, urlOf } from './address.ts';
import { collectBody, tapBody } from './body-tap.ts';
import { type Call, callOf } from './call.ts';
import {
  type BedrockClient,
  type HttpRequest,
  type HttpResponse,
  type Middleware,
  type MiddlewareOptions,
  type MiddlewareResult,
  withHeaders,
} from './client.ts';
import { nodeTransport } from './node-transport.ts';

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
  return (next, context) => (args) => {
    const call = callOf(args);
    if (call === undefined || args.request === undefined) return next(args);
    let request: HttpRequest;
    try {
      request = prepareRequest(call, args.request);
    } catch (error) {
      return Promise.reject(error);
    }
    const abortSignal = context.__smithy_context?.abortSignal;
    // A call aborted before it is sent is not counted: the transport will refuse it.
    if (abortSignal?.aborted !== true) call.observation.attempt(new SignedRequest(request));
    const transport =
      call.registration.proxy !== undefined && client.config.requestHandler.metadata?.handlerProtocol === 'h2'
        ? nodeTransport(request.protocol)
        : undefined;
    const sent =
      transport === undefined
        ? next({ ...args, request })
        : transport(request, abortSignal).then((response) => ({ response, output: undefined }));
    return sent.then((result) => receive(call, result));
  };
}

/** A request as the observation asks for it. Its addresses are put together on demand. */
class SignedRequest implements SentRequest {
  readonly #request: HttpRequest;

  constructor(request: HttpRequest) {
    this.#request = request;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return urlOf(this.#request);
  }

  get providerUri(): string {
    return originOf(this.#request);
  }

  get headers(): Record<string, string> {
    return this.#request.headers;
  }

  get body(): unknown {
    return this.#request.body;
  }
}

/** A copy: a retry begins with the request as it was signed. */
function prepareRequest(call: Call, signed: HttpRequest): HttpRequest {
  const { payi, proxy } = call.registration;
  for (const name of call.others) refuseCollision(name, signed.headers);
  // A spread keeps the shape of the signed headers; member by member V8 makes a hash table (measured: bench/cost, 2 kB).
  const headers = { ...signed.headers, ...call.headers };
  if (proxy === undefined) return withHeaders(signed, headers);
  // The transport writes the proxy's own host.
  for (const name in headers) if (isHost(name)) delete headers[name];
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

function receive(call: Call, result: MiddlewareResult): MiddlewareResult | Promise<MiddlewareResult> {
  const { response } = result;
  const { statusCode: status, headers } = response;
  call.responseHeaders = headers;
  call.observation.answered({ status, headers });
  const prepared = prepareBody(call, response);
  return prepared === undefined ? result : prepared.then(() => result);
}

/**
 * Prepares the raw body before the SDK parses it: a way to close an event stream, content that was asked for, and Pay-i's
 * result where the typed output drops it.
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
        ? frameReader((frame) => observation.readResult(parseMember(framePayload(frame), resultNames)))
        : undefined;
    call.closeStream = tapBody(response, onChunk);
  } else if (content !== undefined || (holdsResult && operation === 'Converse')) {
    return collectBody(response).then((bytes) => {
      if (bytes === undefined) return;
      content?.whole(bytes);
      if (holdsResult) observation.readResult(parseMember(bytes, resultNames));
    });
  }
  return undefined;
}
