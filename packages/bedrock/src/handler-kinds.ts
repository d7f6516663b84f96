// Only the AWS SDK has request handlers of several kinds.
import type { ResolvedPayi } from '@payi/core/adapter';
import type { RequestHandler } from './client.ts';

export function isHttp2(handler: RequestHandler): boolean {
  return handler.metadata?.handlerProtocol === 'h2';
}

/**
 * Whether this is the SDK's own HTTP/2 handler, not a subclass or wrapper. Calls to Pay-i avoid it: some versions cut
 * answers short, and it ends stalled and aborted streams as if they were whole.
 *
 * Recognized by its shape, because names do not survive minifying: an instance of a class without a parent that has a
 * static `create()`.
 */
export function isOfSdk(handler: RequestHandler): boolean {
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
export function isFetch(handler: RequestHandler): boolean {
  return handler.metadata === undefined && isOfSdk(handler);
}

export function reportBypass(payi: ResolvedPayi): void {
  payi.report({
    code: 'HANDLER_BYPASSED',
    message:
      "the client's own request handler speaks HTTP/2 and Pay-i's address does not: calls on route 'proxy' " +
      "keep its time limits and go out without it. Use an HTTP/1.1 handler, or route 'direct'.",
  });
}
