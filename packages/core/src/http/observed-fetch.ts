import { headerNames } from '../annotations/header-names.ts';
import { isPayiError } from '../errors.ts';
import { isAtPayi, type ResolvedPayi } from '../settings/resolved-payi.ts';
import { type WebHeaders, type WebResponse, type WebSignal, web } from '../web.ts';
import { deletePayiHeaders } from './annotate-request.ts';
import {
  type AskingBody,
  type AttemptRequest,
  FetchAttempt,
  type FetchCall,
  type FetchRequest,
  type FetchSettings,
} from './attempt.ts';
import { fetchOrBypass } from './bypass.ts';
import type { FollowUp } from './follow-up.ts';
import { refusalWith } from './refusal.ts';
import { type Send, withinOrigin } from './within-origin.ts';

/** Marks an `init` that is already observed, so that a `fetch` wrapped twice observes once. Survives spreading. */
const underWay: unique symbol = Symbol.for('@payi/core.observedRequest') as never;

interface Init {
  readonly [underWay]?: boolean;
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: WebSignal | null | undefined;
}

/**
 * A `fetch` that annotates and observes the calls of one provider SDK, and leaves all other requests alone.
 *
 * If Pay-i cannot read an annotation, the caller of the SDK gets the error before anything is sent. A fault in here is
 * reported, and the request is sent unchanged.
 *
 * @param fetch - Sends the request. Receives a string and an `init` of its own.
 * @param describe - Returns `undefined` for a request that is not observed. Must not change the request.
 */
export function observedFetch<Fetch extends (input: never, init?: never) => Promise<unknown>>(
  fetch: Fetch,
  settings: FetchSettings,
  describe: (request: FetchRequest) => FetchCall | FollowUp | undefined,
): Fetch {
  const { payi } = settings;
  const send = withinOrigin(fetch as unknown as Send, payi);
  const observed = async (input: string, given?: Init): Promise<WebResponse> => {
    if (given?.[underWay] === true) return send(input, given);
    let attempt: FetchAttempt;
    let asking: AskingBody | undefined;
    let init: Record<PropertyKey, unknown>;
    let wasAborted: boolean;
    try {
      const request = readRequest(input, given);
      if (request === undefined) return send(input, given);
      const call = describe(request);
      if (call === undefined) return send(input, passUntouched(payi, request, given));
      if ('observe' in call) {
        return send(input, passUntouched(payi, request, given)).then((response) =>
          call.observe(response, request, settings),
        );
      }
      attempt = new FetchAttempt(settings, call, request);
      const waiting = attempt.observation.mayLeave(request.body);
      if (waiting !== undefined) await waiting;
      wasAborted = request.signal?.aborted === true;
      if (!wasAborted) attempt.leave();
      init = { ...given, headers: request.headers, [underWay]: true };
      if (attempt.connectionSignal !== undefined) init.signal = attempt.connectionSignal.signal;
      asking = call.asking;
      if (asking !== undefined) init.body = asking.body;
    } catch (cause) {
      if (isPayiError(cause)) return refusalWith(cause);
      report(payi, cause);
      return send(input, given);
    }
    const { url, direct, observation } = attempt;
    const sendAttempt = (init: object): Promise<WebResponse> =>
      direct === undefined || payi.bypass === undefined
        ? send(url, init)
        : fetchOrBypass(payi.bypass, { observation, send, url, init, direct });
    let response: WebResponse;
    try {
      response = await sendAttempt(init);
      if (asking !== undefined && (await asking.isRefusedBy(response))) {
        attempt.reader = asking.otherwise;
        response = await sendAttempt({ ...init, body: given?.body });
        if (response.ok) asking.refused();
      }
    } catch (error) {
      // Without an attempt nothing has left the process, and there is nothing to record.
      if (observation.attempts > 0) attempt.threw(error);
      else observation.neverLeft();
      throw error;
    }
    // Sent by a `fetch` that ignores signals.
    if (wasAborted) attempt.leave();
    return attempt.answered(response);
  };
  return observed as unknown as Fetch;
}

/** All SDKs pass an address and an `init`; any other input does not come from them. */
function readRequest(input: unknown, init: Init | undefined): AttemptRequest | undefined {
  const url = typeof input === 'string' ? input : (input as { href?: unknown }).href;
  if (typeof url !== 'string') return undefined;
  return {
    method: (init?.method ?? 'GET').toUpperCase(),
    url,
    headers: ownHeaders(init?.headers),
    body: init?.body,
    signal: init?.signal ?? undefined,
  };
}

/** The SDKs create headers for each attempt, so changing them in place is safe. Copying them costs 3 kB (measured: bench/cost). */
function ownHeaders(headers: unknown): WebHeaders {
  return headers instanceof web.Headers && headers.has('x-stainless-retry-count')
    ? headers
    : new web.Headers(headers);
}

/** A client's default headers are on its other requests too. Annotations among them must not reach the provider. */
function passUntouched(
  payi: ResolvedPayi,
  { url, headers }: FetchRequest,
  init: Init | undefined,
): Init | undefined {
  if (payi.route === 'headers') return init;
  if (payi.route === 'proxy' && isAtPayi(payi, url)) {
    headers.set(headerNames.apiKey, payi.apiKey());
    return { ...init, headers };
  }
  return deletePayiHeaders(headers) ? { ...init, headers } : init;
}

function report(payi: ResolvedPayi, cause: unknown): void {
  payi.report({ code: 'INTERNAL_FAULT', message: 'a request could not be observed', cause });
}
