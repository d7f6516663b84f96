// Only the AWS SDK shows the options of a call (abort signal, time limit) to the request handler alone.
import { processWide, type ResolvedPayi } from '@payi/core/adapter';
import { isAddressedTo, type ProxyTarget } from './address.ts';
import type { Call, Registration } from './call.ts';
import type {
  BedrockClient,
  HandlerConfig,
  HandlerOptions,
  HttpRequest,
  HttpResponse,
  RequestHandler,
} from './client.ts';
import { http1Sender } from './send-http1.ts';
import { speaksHttp2 } from './speaks-http2.ts';

type Answered = Promise<{ response: HttpResponse }>;

/** Stand-in → the handler that it stands in for. */
const originals: WeakMap<object, RequestHandler> = /* @__PURE__ */ processWide(
  '@payi/bedrock.requestHandlers',
  () => new WeakMap(),
);

/** The member by which the stand-in finds the call of a request. A tool that copies the request may lose it. */
const callKey: unique symbol = Symbol.for('@payi/bedrock.requestOf') as never;

interface CarriedRequest extends HttpRequest {
  [callKey]?: Call;
}

/** Marks a request with its call, for the stand-in. */
export function carryCall(request: HttpRequest, call: Call): HttpRequest {
  (request as CarriedRequest)[callKey] = call;
  return request;
}

/**
 * Replaces the client's request handler by a stand-in. The stand-in sees the options of every call, sends calls to Pay-i
 * over HTTP/1.1 if the handler's HTTP/2 will not do, and passes all others on.
 */
export function installHandler(client: BedrockClient, registrations: ReadonlySet<Registration>): void {
  const { requestHandler } = client.config;
  if (originals.has(requestHandler)) return;
  const standIn = standInFor(requestHandler, registrations);
  originals.set(standIn, requestHandler);
  client.config.requestHandler = standIn;
}

/** Restores the client's own handler. A stand-in that a tool has wrapped stays there and passes everything on. */
export function restoreHandler(client: BedrockClient): void {
  client.config.requestHandler = originals.get(client.config.requestHandler) ?? client.config.requestHandler;
}

/** Reports at registration if the client's own handler cannot carry calls to Pay-i. */
export function reportBypassed({ config }: BedrockClient, { payi, proxy }: Registration): void {
  const handler = originals.get(config.requestHandler) ?? config.requestHandler;
  if (proxy?.protocol === 'http:' && isHttp2(handler) && !isOfSdk(handler)) bypassed(payi);
}

function bypassed(payi: ResolvedPayi): void {
  payi.report({
    code: 'HANDLER_BYPASSED',
    message:
      "the client's own request handler speaks HTTP/2 and Pay-i's address does not: calls on route 'proxy' " +
      "keep its time limits and go out without it. Use an HTTP/1.1 handler, or route 'direct'.",
  });
}

function standInFor(handler: RequestHandler, registrations: ReadonlySet<Registration>): RequestHandler {
  const bypassedFor = new Set<ResolvedPayi>();
  let handle = (request: CarriedRequest, options: HandlerOptions = {}): Answered => {
    request[callKey]?.leave(options.abortSignal?.aborted === true);
    const registration = proxiedBy(registrations, request);
    if (registration !== undefined && isFetch(handler)) return sendUnredirected(handler, request, options);
    const send = registration && isHttp2(handler) ? http1Sender(request.protocol) : undefined;
    if (registration === undefined || send === undefined) return handler.handle(request, options);
    const sendHttp1 = async (): Answered =>
      send(request, options, await configOf(handler, request), registration.payi.bypass?.connectTimeoutMs);
    if (isOfSdk(handler)) return sendHttp1();
    return speaksHttp2(registration.proxy as ProxyTarget, options).then((isSpoken) => {
      if (isSpoken !== false) return handler.handle(request, options);
      const { payi } = registration;
      if (request.protocol === 'https:' && !bypassedFor.has(payi)) bypassed(payi);
      bypassedFor.add(payi);
      return sendHttp1();
    });
  };
  // A new target, because a Proxy cannot replace members of a frozen handler.
  return new Proxy(Object.create(handler) as RequestHandler, {
    get(_, key) {
      if (key === 'handle') return handle;
      const value: unknown = Reflect.get(handler, key);
      // Methods need the handler itself as `this` for its private members.
      return typeof value === 'function' && key !== 'constructor' ? value.bind(handler) : value;
    },
    set(_, key, value) {
      // A tool has wrapped the `handle` of the stand-in.
      if (key !== 'handle') return Reflect.set(handler, key, value);
      handle = value as typeof handle;
      return true;
    },
  });
}

/** Found by the address, because a tool may have copied the request. */
function proxiedBy(registrations: ReadonlySet<Registration>, request: HttpRequest): Registration | undefined {
  for (const registration of registrations) {
    if (registration.proxy !== undefined && isAddressedTo(request, registration.proxy)) return registration;
  }
  return undefined;
}

function isHttp2(handler: RequestHandler): boolean {
  return handler.metadata?.handlerProtocol === 'h2';
}

/**
 * Whether this is the SDK's own HTTP/2 handler, not a subclass or wrapper. Calls to Pay-i avoid it: some versions cut
 * answers short, and it ends stalled and aborted streams as if they were whole.
 *
 * Recognized by its shape, because names do not survive minifying: an instance of a class without a parent that has a
 * static `create()`.
 */
function isOfSdk(handler: RequestHandler): boolean {
  const own = Object.getPrototypeOf(handler) as RequestHandler;
  return (
    own !== Object.prototype &&
    Object.getPrototypeOf(own) === Object.prototype &&
    handler.handle === own.handle &&
    typeof (own.constructor as { create?: unknown }).create === 'function' &&
    typeof handler.httpHandlerConfigs === 'function'
  );
}

/** The SDK's handler over `fetch`. The others say which protocol they speak. */
function isFetch(handler: RequestHandler): boolean {
  return handler.metadata === undefined && isOfSdk(handler);
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
