// Only the AWS SDK hands a call on from middleware to middleware, and to the request handler.
import type { Call } from './call.ts';
import type { HttpRequest, MiddlewareArguments } from './client.ts';

/**
 * The member of the middleware arguments that carries the call. The context object cannot carry it, because with
 * `cacheMiddleware: true` all calls share one context.
 */
export const callKey: unique symbol = Symbol.for('@payi/bedrock.call') as never;

export function callOf(args: MiddlewareArguments): Call | undefined {
  return (args as { [callKey]?: Call })[callKey];
}

/** The member by which the stand-in finds the call of a request. A tool that copies the request may lose it. */
const requestKey: unique symbol = Symbol.for('@payi/bedrock.requestOf') as never;

interface CarriedRequest extends HttpRequest {
  [requestKey]?: Call;
}

/** Marks a request with its call, for the stand-in. */
export function carryCall(request: HttpRequest, call: Call): HttpRequest {
  (request as CarriedRequest)[requestKey] = call;
  return request;
}

/** The call of a request, for the stand-in. */
export function callIn(request: HttpRequest): Call | undefined {
  return (request as CarriedRequest)[requestKey];
}
