// Only the AWS SDK tells the options of a call (abort signal, time limit) to nobody but a request handler.
import { processWide, type ResolvedPayi } from '@payi/core/adapter';
import { isAddressedTo, type ProxyTarget } from './address.ts';
import type { Call, Registration } from './call.ts';
import type {
  BedrockClient,
  HandlerOptions,
  Http2Config,
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

/** The member by which a request tells the stand-in its call. Tools that copy requests lose it, and nothing else. */
const callKey: unique symbol = Symbol.for('@payi/bedrock.requestOf') as never;

interface CarriedRequest extends HttpRequest {
  [callKey]?: Call;
}

/** Lets the stand-in know whose attempt the request is. */
export function carryCall(request: HttpRequest, call: Call): HttpRequest {
  (request as CarriedRequest)[callKey] = call;
  return request;
}

/**
 * Puts a stand-in into the place of the client's request handler. It sees the options of every call, and sends what goes
 * to Pay-i in a way that Pay-i understands; all else it hands on.
 */
export function installHandler(client: BedrockClient, registrations: ReadonlySet<Registration>): void {
  const { requestHandler } = client.config;
  if (originals.has(requestHandler)) return;
  const standIn = standInFor(requestHandler, registrations);
  originals.set(standIn, requestHandler);
  client.config.requestHandler = standIn;
}

/** Puts the client's own handler back. A tool that wrapped the stand-in keeps it: by then it hands everything on. */
export function restoreHandler(client: BedrockClient): void {
  client.config.requestHandler = originals.get(client.config.requestHandler) ?? client.config.requestHandler;
}

/** Tells at registration what a call through this handler could not honor. */
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
  // An object of its own: a frozen handler lets no proxy answer for its members.
  return new Proxy(Object.create(handler) as RequestHandler, {
    get(_, key) {
      if (key === 'handle') return handle;
      const value: unknown = Reflect.get(handler, key);
      // Private members are found on the handler alone.
      return typeof value === 'function' && key !== 'constructor' ? value.bind(handler) : value;
    },
    set(_, key, value) {
      // A tool wraps what it read here.
      if (key !== 'handle') return Reflect.set(handler, key, value);
      handle = value as typeof handle;
      return true;
    },
  });
}

/** By its address, because a tool may have copied the request. */
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
 * Whether it is the SDK's own HTTP/2 handler and nothing built on it. That one carries no call to Pay-i: in some versions
 * it cuts answers short, and it ends stalled and aborted streams as if they were whole.
 *
 * By its shape, because names do not survive minifying: an instance of a class without a parent that has a static
 * `create()`.
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

/** A handler of the SDK knows its options after its first request, which may be one that is aborted before it is sent. */
async function configOf(handler: RequestHandler, request: HttpRequest): Promise<Http2Config> {
  if (typeof handler.httpHandlerConfigs !== 'function') return {};
  const config = handler.httpHandlerConfigs();
  if (Object.keys(config).length > 0) return config;
  try {
    // Not the code of a subclass, which may count its requests.
    await ofSdk(handler).handle.call(handler, request, { abortSignal: AbortSignal.abort() });
  } catch {}
  return handler.httpHandlerConfigs();
}

/** The prototype that has the options of a handler: the SDK's class, under whatever was built on it. */
function ofSdk(handler: RequestHandler): RequestHandler {
  let own: RequestHandler = handler;
  while (!Object.hasOwn(own, 'httpHandlerConfigs')) own = Object.getPrototypeOf(own) as RequestHandler;
  return own;
}
