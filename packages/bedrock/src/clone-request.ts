import type { HttpRequest } from './smithy.ts';

/**
 * A copy with headers of its own that is still an `HttpRequest` to the SDK. Requests are copied before they are changed
 * because a retry starts again from the same object.
 */
export function cloneRequest(request: HttpRequest): HttpRequest {
  const clone = Object.create(Object.getPrototypeOf(request) as object) as HttpRequest;
  return Object.assign(clone, request, { headers: { ...request.headers } });
}
