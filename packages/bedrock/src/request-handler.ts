// Only the AWS SDK shows the options of a call (abort signal, time limit) to the request handler alone.
import { processWide, type ResolvedPayi } from '@payi/core/adapter';
import { handlers } from './add-middleware.ts';
import { isAddressedTo } from './address.ts';
import type { Registration } from './call.ts';
import { callIn } from './carried-call.ts';
import type { Answered, BedrockClient, HandlerOptions, HttpRequest, RequestHandler } from './client.ts';
import { isHttp2, isOfSdk, reportBypass } from './handler-kinds.ts';

/** Stand-in → the handler that it stands in for. */
const originals: WeakMap<object, RequestHandler> = /* @__PURE__ */ processWide(
  '@payi/bedrock.requestHandlers',
  () => new WeakMap(),
);

/**
 * Replaces the client's request handler by a stand-in. The stand-in sees the options of every call, sends calls to Pay-i
 * over HTTP/1.1 if the handler's HTTP/2 will not do, and passes all others on.
 */
export function installHandler(
  client: BedrockClient,
  registrations: ReadonlySet<Registration>,
  { report }: ResolvedPayi,
): void {
  const { requestHandler } = client.config;
  if (originals.has(requestHandler)) return;
  const standIn = standInFor(requestHandler, registrations, report);
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
  if (proxy?.protocol === 'http:' && isHttp2(handler) && !isOfSdk(handler)) reportBypass(payi);
}

function standInFor(
  handler: RequestHandler,
  registrations: ReadonlySet<Registration>,
  report: ResolvedPayi['report'],
): RequestHandler {
  const withSender = handlers.prepare(({ senderFor }) => senderFor(handler), report);
  let handle = (request: HttpRequest, options: HandlerOptions = {}): Answered => {
    callIn(request)?.leave(options.abortSignal?.aborted === true);
    const sendDirect = (): Answered => handler.handle(request, options);
    const registration = proxiedBy(registrations, request);
    return registration === undefined
      ? sendDirect()
      : withSender((send) => send(registration, request, options), sendDirect);
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
