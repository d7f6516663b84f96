// Only the AWS SDK has handlers that may not speak what Pay-i speaks.
import type { ResolvedPayi } from '@payi/core/adapter';
import type { ProxyTarget } from './address.ts';
import type { Registration } from './call.ts';
import type { Answered, HandlerConfig, HandlerOptions, HttpRequest, RequestHandler } from './client.ts';
import { isFetch, isHttp2, isOfSdk, reportBypass } from './handler-kinds.ts';
import { http1Sender } from './send-http1.ts';
import { type Protocols, speaksHttp2 } from './speaks-http2.ts';

/**
 * Creates the function that sends a client's calls to Pay-i: with the client's own handler, or over HTTP/1.1 if that handler's
 * HTTP/2 cannot be used. The SDK's handler over `fetch` is kept from following redirects.
 */
export function senderFor(
  handler: RequestHandler,
): (registration: Registration, request: HttpRequest, options: HandlerOptions) => Answered {
  const reported = new Set<ResolvedPayi>();
  const protocols: Protocols = new Map();
  return ({ payi, proxy }, request, options) => {
    if (isFetch(handler)) return sendUnredirected(handler, request, options);
    const send = isHttp2(handler) ? http1Sender(request.protocol) : undefined;
    if (send === undefined) return handler.handle(request, options);
    const sendHttp1 = async (): Answered =>
      send(request, options, await configOf(handler, request), payi.bypass?.connectTimeoutMs);
    if (isOfSdk(handler)) return sendHttp1();
    return speaksHttp2(proxy as ProxyTarget, options, protocols).then((isSpoken) => {
      if (isSpoken !== false) return handler.handle(request, options);
      if (request.protocol === 'https:' && !reported.has(payi)) reportBypass(payi);
      reported.add(payi);
      return sendHttp1();
    });
  };
}

/**
 * Sends a request with Pay-i's key by `fetch`, which must not take it along a redirect. The SDK's other handlers follow
 * none.
 */
async function sendUnredirected(
  handler: RequestHandler,
  request: HttpRequest,
  options: HandlerOptions,
): Answered {
  const config = await configOf(handler, request);
  const sendHttp1 = http1Sender(request.protocol);
  // Early versions of the handler have no option for it, nor any other that matters outside of browsers.
  if (sendHttp1 !== undefined && !String(handler.handle).includes('requestInit')) {
    return sendHttp1(request, options, config);
  }
  const requestInit = (sent: unknown): object => ({ ...config.requestInit?.(sent), redirect: 'manual' });
  const { constructor: Own } = handler as object as { constructor: new (config: object) => RequestHandler };
  const answered = await new Own({ ...config, requestInit }).handle(request, options);
  // What browsers say of a redirect. The SDK would take it for a success.
  if (answered.response.statusCode === 0) Object.assign(answered.response, { statusCode: 307 });
  return answered;
}

/** A handler of the SDK has its options after its first request. A request aborted before sending is enough. */
async function configOf(handler: RequestHandler, request: HttpRequest): Promise<HandlerConfig> {
  if (typeof handler.httpHandlerConfigs !== 'function') return {};
  const config = handler.httpHandlerConfigs();
  if (Object.keys(config).length > 0) return config;
  try {
    // Not a subclass's `handle`, which may count requests.
    await ofSdk(handler).handle.call(handler, request, { abortSignal: AbortSignal.abort() });
  } catch {}
  return handler.httpHandlerConfigs();
}

/** The prototype that has the options of a handler: the SDK's own class, not a subclass. */
function ofSdk(handler: RequestHandler): RequestHandler {
  let own: RequestHandler = handler;
  while (!Object.hasOwn(own, 'httpHandlerConfigs')) own = Object.getPrototypeOf(own) as RequestHandler;
  return own;
}
