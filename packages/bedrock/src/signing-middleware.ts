// Only the AWS SDK has a middleware stack with a place right before signing.
import { headerNames, isPayiHeader } from '@payi/core/adapter';
import type { Call } from './call.ts';
import {
  type Handler,
  type HttpRequest,
  type MiddlewareArguments,
  type MiddlewareResult,
  withHeaders,
} from './client.ts';
import { withMetadataHeader } from './request-metadata.ts';
import { signedNames } from './signed-names.ts';

/** Keeps headers that do not go to AWS, or may change on the way, from being signed. */
export function handleSigning(
  call: Call,
  next: Handler,
  args: MiddlewareArguments,
): Promise<MiddlewareResult> {
  if (args.request === undefined) return next(args);
  try {
    const own = withMetadataHeader(call, takePayiHeaders(call, args.request));
    const request = call.proxy === undefined ? own : reduceSignedHeaders(call, own);
    return next(request === args.request ? args : { ...args, request });
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Moves every `xProxy-*` header from a request to the call. A header that an earlier signer has signed stays.
 *
 * @returns The request itself if it has none.
 * @throws `PayiError` when Pay-i could not read one of them.
 */
export function takePayiHeaders(call: Call, request: HttpRequest): HttpRequest {
  let found: Record<string, string> | undefined;
  for (const name in request.headers) {
    if (!isPayiHeader(name)) continue;
    found ??= {};
    found[name] = request.headers[name] as string;
  }
  if (found === undefined) return request;
  const headers = { ...request.headers };
  const signed = signedNames(headers.authorization ?? headers.Authorization).filter(isPayiHeader);
  for (const name in found) {
    const isSigned = signed.includes(name.toLowerCase());
    if (!isSigned) delete headers[name];
    // The adapter sets its own headers later.
    if (isSigned || isOfAdapter(name)) delete found[name];
  }
  call.layUnder(found);
  for (const name of signed) reportSigned(call, name);
  return withHeaders(request, headers);
}

function reportSigned({ operation, registration, observation }: Call, name: string): void {
  const message = `${name} was put on the request right before signing and was sent as it is; set it earlier, or use extraHeaders`;
  observation.warn(message);
  registration.payi.report({ code: 'INVALID_HEADERS', message, operation });
}

function isOfAdapter(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === headerNames.apiKey.toLowerCase() || lower === headerNames.providerBaseUri.toLowerCase();
}

/**
 * A proxied request is signed for AWS and travels through Pay-i, which is known to forward what botocore signs:
 * `content-type`, `host`, `x-amz-date`, the session token, and `amz-sdk-*`. So:
 *
 * - `host` is signed instead of HTTP/2's `:authority`, which would need HTTP/2 all the way to AWS;
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
