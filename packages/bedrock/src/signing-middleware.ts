// Only Bedrock's requests are signed by the SDK, and travel through the proxy with their signature.
import { type Call, callOf } from './call.ts';
import { type HttpRequest, type Middleware, type MiddlewareOptions, withHeaders } from './client.ts';

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

/** Leaves out of the signature what the proxy may change. */
export function signingMiddleware(): Middleware {
  return (next) => (args) => {
    const call = callOf(args);
    if (call?.registration.proxy === undefined || args.request === undefined) return next(args);
    return next({ ...args, request: reduceSignedHeaders(call, args.request) });
  };
}

/**
 * A proxied request is signed for AWS and travels through Pay-i, which is known to forward what botocore signs:
 * `content-type`, `host`, `x-amz-date`, the session token, and `amz-sdk-*`. So:
 *
 * - `host` is signed instead of HTTP/2's `:authority`, which only HTTP/2 all the way to AWS would rebuild;
 * - `content-length` is kept from the signer and restored afterwards: a proxy may frame the body differently;
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
