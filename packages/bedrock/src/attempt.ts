import { InvalidAnnotationError, isPayiHeader } from '@payi/core/adapter';
import {
  framePayload,
  frameReader,
  parseMember,
  reportRedirect,
  resultNames,
  sendOrBypass,
  skipsPayi,
} from '@payi/core/calls';
import { redirectToProxy } from './address.ts';
import { collectBody, tapBody } from './body-tap.ts';
import { type Call, SignedRequest } from './call.ts';
import { carryCall } from './carried-call.ts';
import {
  type Handler,
  type HttpRequest,
  type HttpResponse,
  type MiddlewareArguments,
  type MiddlewareResult,
  withHeaders,
} from './client.ts';
import { takePayiHeaders } from './signing-middleware.ts';

/**
 * Adds the call's headers to the signed request, addresses it to Pay-i on route `proxy`, and observes the raw answer.
 * The request handler decides how the request is sent.
 */
export function handleAttempt(
  call: Call,
  next: Handler,
  args: MiddlewareArguments,
): Promise<MiddlewareResult> {
  if (args.request === undefined) return next(args);
  const { proxy, registration } = call;
  const isUnserved = registration.proxy !== proxy;
  const bypass = proxy === undefined ? undefined : registration.payi.bypass;
  let signed: HttpRequest;
  let request: HttpRequest;
  let skips = false;
  let waiting: Promise<unknown> | undefined;
  try {
    signed = takePayiHeaders(call, args.request);
    for (const name of call.others) refuseCollision(name, signed.headers);
    skips = bypass !== undefined && skipsPayi(bypass);
    request =
      skips || isUnserved
        ? directRequest(call, signed)
        : prepareRequest(call, signed, signed !== args.request);
    waiting = call.observation.mayLeave(request.body);
  } catch (error) {
    return Promise.reject(error);
  }
  const send = (): Promise<MiddlewareResult> => next({ ...args, request });
  const leave = (): Promise<MiddlewareResult> => {
    call.isReady(carryCall(request, call), skips ? 'bypass' : proxy && 'payi');
    return bypass === undefined || skips
      ? send()
      : sendOrBypass(bypass, {
          body: request.body,
          send,
          sendDirect() {
            request = directRequest(call, signed);
            call.observation.leave(new SignedRequest(request, 'bypass'));
            return send();
          },
          headOf: ({ response: { statusCode: status, headers } }) => ({ status, headers }),
          bodyOf: ({ response }) => collectBody(response),
        });
  };
  return (waiting === undefined ? leave() : waiting.then(leave)).then(
    (result) => receive(call, result),
    (error) => {
      // The stand-in handler has recorded whether it was sent. If it did not run, assume so.
      call.leave(false);
      throw error;
    },
  );
}

/**
 * @param mayHaveOurs - Whether there may be headers of Pay-i among the signed.
 * @returns A copy, because a retry may start from the same object.
 */
function prepareRequest(call: Call, signed: HttpRequest, mayHaveOurs: boolean): HttpRequest {
  const { proxy, registration } = call;
  // A spread keeps the shape of the signed headers; one by one they become a hash table (measured: bench/cost, 2 kB).
  const headers = { ...signed.headers, ...call.headers };
  // Pay-i headers still there are signed: another value would break the signature.
  if (mayHaveOurs) for (const name in signed.headers) if (isPayiHeader(name)) keep(signed, name, headers);
  if (proxy === undefined) return withHeaders(signed, headers);
  // The transport writes the proxy's own host.
  for (const name in headers) if (isHost(name)) delete headers[name];
  if (call.contentLength !== undefined) headers['content-length'] = call.contentLength;
  return redirectToProxy(withHeaders(signed, headers), proxy, registration.payi.apiKey());
}

/** The request as it was signed, to send to AWS and not to Pay-i. */
function directRequest(call: Call, signed: HttpRequest): HttpRequest {
  const headers = { ...signed.headers };
  for (const name of call.others) if (!isPayiHeader(name)) headers[name] = call.headers[name] as string;
  if (call.contentLength !== undefined) headers['content-length'] = call.contentLength;
  return withHeaders(signed, headers);
}

function keep(signed: HttpRequest, kept: string, headers: Record<string, string>): void {
  for (const name in headers) if (name.toLowerCase() === kept.toLowerCase()) delete headers[name];
  headers[kept] = signed.headers[kept] as string;
}

function isHost(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'host' || lower === ':authority';
}

/**
 * @throws `InvalidAnnotationError` for a header that the request has already. Most are signed by now, and another value
 *   would break the signature. The SDK does not retry this error.
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
  call.leave(false);
  // After a fault of ours the caller still gets the answer.
  const onFault = (cause: unknown): MiddlewareResult => {
    call.observation.giveUp(cause);
    return result;
  };
  try {
    const { response } = result;
    const { statusCode: status, headers } = response;
    call.responseHeaders = headers;
    call.observation.answered({ status, headers });
    const { payi, proxy } = call.registration;
    if (proxy !== undefined && status >= 300 && status < 400) {
      reportRedirect(payi.report, payi.baseUrl, headers.location ?? '');
    }
    const prepared = prepareBody(call, response);
    return prepared === undefined ? result : prepared.then(() => result, onFault);
  } catch (cause) {
    return onFault(cause);
  }
}

/**
 * Prepares the raw body before the SDK parses it: makes event streams closable, keeps content that was asked for, and
 * reads Pay-i's result where the typed output drops it.
 *
 * @returns A promise only if there is something to wait for.
 */
function prepareBody(call: Call, response: HttpResponse): Promise<void> | undefined {
  const { observation, operation, proxy } = call;
  const { content } = observation;
  const holdsResult = proxy !== undefined && response.statusCode < 300;
  if (response.headers['content-type']?.startsWith('application/vnd.amazon.eventstream') === true) {
    const onChunk = holdsResult && operation === 'ConverseStream' ? resultReader(call) : undefined;
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

/** Reads Pay-i's result from the bytes of a ConverseStream. After a fault of ours only that result is missing. */
function resultReader({ observation, operation }: Call): (chunk: Uint8Array) => void {
  let read = frameReader((frame) => observation.readResult(parseMember(framePayload(frame), resultNames)));
  return (chunk) => {
    try {
      read(chunk);
    } catch (cause) {
      read = () => {};
      const message = `Pay-i's result of ${operation} could not be read`;
      observation.warn(message);
      observation.reportFault(message, cause);
    }
  };
}
