// Only Anthropic's SDK, of those over `fetch`, has middleware: it knows the call of an attempt and runs before signing.
import { headerNames, isAtPayi, isPayiError } from '@payi/core/adapter';
import {
  deletePayiHeaders,
  type FetchRequest,
  type FollowUp,
  findBatch,
  observeAnswer,
  withinOrigin,
} from '@payi/core/calls';
import { Attempt } from './attempt.ts';
import { type Call, openCall, type Registration } from './call.ts';
import type { ApiRequest, CallOptions, Middleware } from './client.ts';
import { batchUrl, isMessageCall, messageReaders, operation } from './operations.ts';

export { fetchAfterSigning } from './fetch-after-signing.ts';

/**
 * Pay-i's part of each request: once per attempt, inside the SDK's retry loop, before the clients for AWS and Google
 * rewrite the request and add credentials.
 *
 * Throws before anything is sent if Pay-i cannot read an annotation; the SDK hands the error to the caller and does not
 * retry. A fault of ours is reported, and the request goes on without us.
 */
export function payiMiddleware(registration: Registration): Middleware {
  const { payi, platform } = registration;
  const readers = messageReaders(payi.route === 'proxy');
  /** Calls that may be retried, by their options: one object for all attempts. Most calls are never added. */
  const calls = new WeakMap<CallOptions, Call>();

  const resume = (request: ApiRequest, options: CallOptions): Call => {
    const known = calls.get(options);
    if (known === undefined || known.observation.isSettled) {
      return openCall(registration, request, options);
    }
    known.stopWaiting();
    return known;
  };

  return async (request, next, { options }) => {
    const send = withinOrigin((url, init) => next({ ...(init as ApiRequest), url }) as never, payi);
    let attempt: Attempt | undefined;
    let batch: FollowUp | undefined;
    try {
      if (options !== undefined && isMessageCall(options)) {
        const reader = options.stream === true ? readers.stream : readers.whole;
        attempt = new Attempt(resume(request, options), request, options, reader);
      } else batch = findBatch(asFetched(request), payi, batchUrl, () => platform.category);
    } catch (cause) {
      // The caller's mistakes are thrown; a fault of ours is reported.
      if (isPayiError(cause)) throw cause;
      const message = `${operation}: annotations could not be read and were left out`;
      payi.report({ code: 'INTERNAL_FAULT', message, operation, cause });
    }
    if (options === undefined || attempt === undefined) {
      keepFromProvider(registration, request);
      const response = await send(request.url, request);
      return (
        batch === undefined ? response : batch.observe(response, asFetched(request), registration)
      ) as never;
    }
    const { request: prepared } = attempt;
    const waiting = attempt.observation.mayLeave(prepared.body);
    if (waiting !== undefined) await waiting;
    let response: Response;
    try {
      response = platform.rewrites
        ? await next(prepared)
        : await attempt.send(send as never, prepared.url, prepared, { url: request.url });
    } catch (error) {
      const { call, observation } = attempt;
      if (observation.attempts > 0) {
        calls.set(options, call);
        attempt.threw(error, request.headers);
      } else {
        // The caller aborted, or there are no credentials to sign with: there is nothing to record.
        observation.neverLeft();
      }
      throw error;
    } finally {
      // Middleware further out may use the request again, and send it elsewhere.
      if (payi.route === 'proxy') request.headers.delete(headerNames.apiKey);
    }
    if (!response.ok) calls.set(options, attempt.call);
    return observeAnswer(response, attempt) as Response;
  };
}

/** Without its body, which may be large. */
function asFetched(request: ApiRequest): FetchRequest {
  return { ...request, method: request.method ?? 'GET', body: undefined };
}

/** A request that is not metered goes to the provider without Pay-i's headers. */
function keepFromProvider({ payi }: Registration, { headers, url }: ApiRequest): void {
  if (payi.route !== 'headers' && !isAtPayi(payi, url)) deletePayiHeaders(headers);
}
