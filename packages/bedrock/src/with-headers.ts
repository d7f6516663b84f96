import type { HttpRequest } from './smithy.ts';

/**
 * A copy of a request with other headers that is still an `HttpRequest` to the SDK. Requests are copied before they are
 * changed because a retry starts again from the same object.
 */
export function withHeaders(request: HttpRequest, headers: Record<string, string>): HttpRequest {
  const copy = Object.create(Object.getPrototypeOf(request) as object) as HttpRequest;
  return Object.assign(copy, request, { headers });
}
