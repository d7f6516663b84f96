import { InvalidAnnotationError } from '@payi/core';
import { canonicalHeaderName } from '@payi/core/adapter';
import { type Call, callOf } from './call.ts';
import { cloneRequest } from './clone-request.ts';
import type { HttpRequest, Middleware, MiddlewareOptions } from './smithy.ts';

/**
 * Once per call, the last step before signing. `build` / `low`, added after the SDK's own `hostHeaderMiddleware` of the
 * same place, hence behind it.
 */
export const signingMiddlewareOptions: MiddlewareOptions = {
  name: 'payiSigningMiddleware',
  step: 'build',
  priority: 'low',
  tags: ['PAYI'],
  override: true,
};

/** Sees to it that what is about to be signed survives: our own headers, and the way through the proxy. */
export function signingMiddleware(): Middleware {
  return (next) => async (args) => {
    const call = callOf(args);
    if (call === undefined || args.request === undefined) return next(args);
    refuseCollisions(call, args.request);
    if (call.registration.proxy === undefined) return next(args);
    return next({ ...args, request: reduceSignedHeaders(call, args.request) });
  };
}

/** A header that the SDK has set is about to be signed; another value after that would break the signature. */
function refuseCollisions(call: Call, request: HttpRequest): void {
  for (const name of Object.keys(call.headers)) {
    if (canonicalHeaderName(name) !== undefined) continue;
    const wanted = name.toLowerCase();
    for (const present of Object.keys(request.headers)) {
      if (present.toLowerCase() === wanted) {
        throw new InvalidAnnotationError(
          `extraHeaders[${JSON.stringify(name)}]`,
          'is a header of the AWS request itself; set it through the SDK, so that it is signed',
        );
      }
    }
  }
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
  const reduced = cloneRequest(request);
  for (const name of Object.keys(reduced.headers)) {
    const value = reduced.headers[name] as string;
    switch (name.toLowerCase()) {
      case ':authority':
        delete reduced.headers[name];
        reduced.headers.host = value;
        break;
      case 'content-length':
        delete reduced.headers[name];
        call.contentLength = value;
        break;
      case 'x-amz-user-agent':
        delete reduced.headers[name];
        break;
    }
  }
  return reduced;
}
