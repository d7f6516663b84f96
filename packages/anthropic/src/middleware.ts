import { headerNames, isPayiError } from '@payi/core';
import { SignalShield } from '@payi/core/adapter';
import { prepareAttempt, receiveAttempt, sendAttempt } from './attempt.ts';
import { type Call, isMessageCall, openCall, operation } from './call.ts';
import { attemptFailed } from './failed-attempt.ts';
import { isPayiHeader, takeHeaders } from './given-headers.ts';
import { observeResponse } from './observe-response.ts';
import { isWithin } from './proxy.ts';
import type { Registration } from './registration.ts';
import type { ApiRequest, CallOptions, Middleware } from './sdk.ts';

/** By middleware function, for the whole process: for the ESM and the CJS copy of this package. */
const key = Symbol.for('@payi/anthropic.registrations');
const shared = globalThis as { [key]?: WeakMap<object, Registration> };
shared[key] ??= new WeakMap();
const registrations = shared[key];

/** The registration that a client carries: its own, or that of the client it was made from. */
export function registrationOf(middleware: readonly Middleware[]): Registration | undefined {
  for (const one of middleware) {
    const registration = registrations.get(one);
    if (registration !== undefined) return registration;
  }
  return undefined;
}

/**
 * Pay-i's part of each request: once per attempt, inside the SDK's retry loop, before the request of a platform other
 * than Anthropic's own is rewritten and signed.
 *
 * What the caller gave and Pay-i could not read is thrown before anything is sent; the SDK hands it to the caller and
 * does not try again. A fault of ours is reported, and the request goes on without us.
 */
export function payiMiddleware(registration: Registration): Middleware {
  const { payi, platform } = registration;
  /** Calls that may be tried again, by their options: one object for all attempts. Most calls never come here. */
  const calls = new WeakMap<CallOptions, Call>();

  const resume = (request: ApiRequest, options: CallOptions): Call => {
    const known = calls.get(options);
    if (known === undefined || known.observation.isSettled) {
      return openCall(registration, request.headers, options);
    }
    known.stopWaiting();
    known.observation.endedAtMs = undefined;
    return known;
  };

  const middleware: Middleware = async (request, next, { options }) => {
    if (options === undefined || !isMessageCall(options)) {
      keepFromProvider(registration, request);
      return next(request);
    }
    const ready = guard(registration, 'annotations could not be read and were left out', () => {
      const call = resume(request, options);
      return { call, ...prepareAttempt(call, request) };
    });
    if (ready === undefined) {
      keepFromProvider(registration, request);
      return next(request);
    }
    const { call, attempt, prepared } = ready;
    call.observation.content?.sent(prepared.body, prepared.headers);
    const shield = shieldFor(prepared, options);
    const sent = shield === undefined ? prepared : { ...prepared, signal: shield.signal as AbortSignal };
    if (!platform.rewrites) sendAttempt(attempt, sent.method ?? 'GET', sent.url, sent.headers);
    let response: Response;
    try {
      response = await next(sent);
    } catch (error) {
      calls.set(options, call);
      attemptFailed(call, error, options, request.headers);
      throw error;
    } finally {
      // Middleware further out may use the request again, and send it elsewhere.
      if (payi.route === 'proxy') request.headers.delete(headerNames.apiKey);
    }
    const observed = guard(registration, 'the answer could not be read for its receipt', () => {
      if (!response.ok) calls.set(options, call);
      receiveAttempt(attempt, response);
      return observeResponse(call, response, request, options, shield);
    });
    return observed ?? response;
  };
  registrations.set(middleware, registration);
  return middleware;
}

/** A request that is not metered goes to the provider as ever, without what is meant for Pay-i. */
function keepFromProvider({ payi }: Registration, { headers, url }: ApiRequest): void {
  if (payi.route !== 'headers' && !isWithin(url, payi.baseUrl)) takeHeaders(headers, isPayiHeader);
}

/** Holds the SDK's own signal off a stream, so that what is outstanding can be read when the SDK aborts. */
function shieldFor({ signal }: ApiRequest, { stream }: CallOptions): SignalShield | undefined {
  return stream === true && signal ? new SignalShield(signal) : undefined;
}

/** The caller's mistakes are thrown; a fault of ours is reported. */
function guard<Result>({ payi }: Registration, problem: string, action: () => Result): Result | undefined {
  try {
    return action();
  } catch (cause) {
    if (isPayiError(cause)) throw cause;
    payi.report({ code: 'INTERNAL_FAULT', message: `${operation}: ${problem}`, operation, cause });
    return undefined;
  }
}
