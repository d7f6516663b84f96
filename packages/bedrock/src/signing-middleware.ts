import { type Call, callOf } from './call.ts';
import type { HttpRequest, Middleware, MiddlewareOptions } from './smithy.ts';
import { withHeaders } from './with-headers.ts';

/**
 * Once per call, the last step before signing; installed with the first registration on route `proxy`. `build` / `low`,
 * added after the SDK's own `hostHeaderMiddleware` of the same place, hence behind it.
 */
export const signingMiddlewareOptions: MiddlewareOptions = {
  name: 'payiSigningMiddleware',
  step: 'build',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};

/** Sees to it that what is about to be signed survives the way through the proxy. */
export function signingMiddleware(): Middleware {
  return (next) => async (args) => {
    const call = callOf(args);
    if (call?.registration.proxy === undefined || args.request === undefined) return next(args);
    return next({ ...args, request: reduceSignedHeaders(call, args.request) });
  };
}

/**
 * A proxied request is signed for AWS and travels through Pay-i, which is known to hand on what botocore signs:
 * `content-type`, `host`, `x-amz-date`, the session token, and `amz-sdk-*`. So:
 *
 * - `host` is signed in place of HTTP/2's `:authority`, which only HTTP/2 all the way to AWS would rebuild;
 * - `content-length` is kept from the signer and put back afterwards: a proxy may frame the body anew;
 * - `x-amz-user-agent`, which repeats `user-agent`, is left out.
 *
 * `x-amz-content-sha256` is added by the signer itself and stays signed.
 */
function reduceSignedHeaders(call: Call, request: HttpRequest): HttpRequest {
  const headers: Record<string, string> = {};
  for (const name in request.headers) {
    const value = request.headers[name] as string;
    const lower = name.toLowerCase();
    if (lower === ':authority') headers.host = value;
    else if (lower === 'content-length') call.contentLength = value;
    else if (lower !== 'x-amz-user-agent') headers[name] = value;
  }
  return withHeaders(request, headers);
}
