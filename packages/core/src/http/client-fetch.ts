import { type WebHeaders, type WebResponse, web } from '../web.ts';
import { deletePayiHeaders } from './annotate-request.ts';
import type { FetchCall, FetchRequest, FetchSettings } from './attempt.ts';
import type { FollowUp } from './follow-up.ts';
import { reportsForeign } from './foreign-call.ts';
import { observedFetch } from './observed-fetch.ts';
import { Retries } from './retries.ts';

type Describe = (request: FetchRequest) => FetchCall | FollowUp | undefined;
type Send = (input: unknown, init?: object) => Promise<WebResponse>;

/**
 * The `fetch` of an adapter's `payiClientOptions()`: observes the calls of its provider, and reports those of another.
 *
 * @param adapter - The package, for diagnostics.
 * @param describe - As {@link observedFetch} needs it.
 */
export function clientFetch<Fetch extends (input: never, init?: never) => Promise<unknown>>(
  fetch: Fetch,
  settings: FetchSettings,
  adapter: string,
  describe: Describe,
): Fetch {
  const watched = reportsForeign(describe, settings.payi, adapter);
  return takesRequests(
    fetch as unknown as Send,
    { ...settings, retries: new Retries() },
    watched,
  ) as unknown as Fetch;
}

/** A `Request`, which signers may pass instead of an address. */
interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: WebHeaders;
  readonly body: unknown;
  readonly signal: unknown;
  readonly redirect: unknown;
  clone(): { arrayBuffer(): Promise<ArrayBuffer>; text(): Promise<string> };
}

/** {@link observedFetch} that also takes a `Request`. The body of a `Request` that is not a call is not read. */
function takesRequests(send: Send, settings: FetchSettings, describe: Describe): Send {
  const observed = observedFetch(send, settings, describe);
  return async (input, given?: object) => {
    if (typeof (input as WebRequest).clone !== 'function') return observed(input, given);
    const request = input as WebRequest;
    const { url, signal, redirect } = request;
    const init: Partial<WebRequest> = { signal, redirect, ...given };
    const { method = request.method } = init;
    const headers = new web.Headers(init.headers ?? request.headers);
    if (!isCall(describe, { method, url, headers, body: undefined })) {
      const isStripped = settings.payi.route !== 'headers' && deletePayiHeaders(headers);
      return send(input, isStripped ? { ...given, headers } : given);
    }
    return observed(url, { ...init, method, headers, body: init.body ?? (await bodyOf(request)) });
  };
}

/** `true` also if `describe` throws: the observed `fetch` calls it again and handles the error. */
function isCall(describe: Describe, request: FetchRequest): boolean {
  try {
    return describe(request) !== undefined;
  } catch {
    return true;
  }
}

/** The body, read from a copy: it may be sent elsewhere, and twice. */
async function bodyOf(request: WebRequest): Promise<unknown> {
  if (!request.body) return undefined;
  const copy = request.clone();
  const isJson = /\bjson/i.test(request.headers.get('content-type') ?? '');
  return isJson ? copy.text() : new Uint8Array(await copy.arrayBuffer());
}
