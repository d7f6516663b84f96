import { runCallback, setInAnyCase, withoutCredentials } from '@payi/core/adapter';
import { type Call, callOf } from './call.ts';
import { cloneRequest } from './clone-request.ts';
import { redirectToProxy } from './proxy.ts';
import type { HttpRequest, Middleware, MiddlewareOptions } from './smithy.ts';
import { urlOf } from './url.ts';

/**
 * Once per attempt. The SDK signs relative to its retry middleware, so every absolute place in `finalizeRequest`, this
 * one included, comes after signing and inside the retry loop: headers added here are not signed.
 */
export const headerMiddlewareOptions: MiddlewareOptions = {
  name: 'payiHeaderMiddleware',
  step: 'finalizeRequest',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};

/** Puts the headers of the call onto the signed request and, on route `proxy`, sends it to Pay-i. */
export function headerMiddleware(): Middleware {
  return (next) => async (args) => {
    const call = callOf(args);
    if (call === undefined || args.request === undefined) return next(args);
    call.observation.attempts += 1;
    const request = cloneRequest(args.request);
    for (const name of Object.keys(call.headers)) {
      setInAnyCase(request.headers, name, call.headers[name] as string);
    }
    const { payi, proxy } = call.registration;
    if (proxy !== undefined) {
      if (call.contentLength !== undefined) request.headers['content-length'] = call.contentLength;
      redirectToProxy(request, proxy, payi.apiKey());
    }
    announce(call, request);
    return next({ ...args, request });
  };
}

function announce(call: Call, request: HttpRequest): void {
  const { callbacks, payi } = call.registration;
  if (callbacks.onRequest === undefined) return;
  const event = Object.freeze({
    operation: call.operation,
    annotations: call.annotations,
    method: request.method,
    url: urlOf(request),
    headers: withoutCredentials(request.headers),
    attempt: call.observation.attempts,
  });
  runCallback(callbacks.onRequest, event, call.operation, payi.report);
}
