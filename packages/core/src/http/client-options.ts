import { headersAreUsed } from '../annotations/unused-headers.ts';
import { registrations, registrationsOf } from '../call/registrations.ts';
import { type AdapterOptions, resolveOptions } from '../settings/resolve-options.ts';
import { isDisabled, type ResolvedPayi } from '../settings/resolved-payi.ts';
import { type WebHeaders, type WebResponse, web } from '../web.ts';
import { deletePayiHeaders } from './annotate-request.ts';
import type { FetchCall, FetchRequest, FetchSettings } from './attempt.ts';
import type { FollowUp } from './follow-up.ts';
import { reportsForeign } from './foreign-call.ts';
import { observedFetch, withMembers } from './observed-fetch.ts';
import { Retries } from './retries.ts';

/** Options of an adapter's `payiClientOptions()`. `Fetch` is the type of the global `fetch`, which core does not have. */
export interface ClientOptions<Fetch> extends AdapterOptions {
  /**
   * Sends the requests.
   *
   * @default the global `fetch`
   */
  readonly fetch?: Fetch | undefined;
}

type Describe = (request: FetchRequest) => FetchCall | FollowUp | undefined;
type Send = (input: unknown, init?: object) => Promise<WebResponse>;

/**
 * What an adapter's `payiClientOptions()` returns: a `fetch` that observes the calls of its provider. A `fetch` that has
 * Pay-i already is returned as it is, and so is any while Pay-i is switched off.
 *
 * @param adapter - The package, for diagnostics.
 * @param describer - Creates what describes the requests of one client, as {@link observedFetch} needs it.
 * @param others - Options that only this adapter has, resolved.
 * @throws `ConfigurationError` an option is malformed, or the route needs a key and there is none.
 */
export function clientOptions<Fetch extends (input: never, init?: never) => Promise<unknown>>(
  options: ClientOptions<Fetch>,
  adapter: string,
  describer: (payi: ResolvedPayi) => Describe,
  others: object = {},
): { fetch: Fetch } {
  headersAreUsed();
  const global = (input: string, init: object): unknown => web.fetch(input, init as Record<string, unknown>);
  const fetch = options.fetch ?? (global as unknown as Fetch);
  if (isDisabled(options)) return { fetch };
  const given = resolveOptions('payiClientOptions()', options, ['fetch', ...Object.keys(others)]);
  if (registrationsOf({ fetch }).length > 0) return { fetch };
  const { payi } = given;
  const describe = reportsForeign(describer(payi), payi, adapter);
  // A missing key must throw here rather than at the first call.
  if (payi.route !== 'headers') payi.apiKey();
  const settings = { ...given, ...others, retries: new Retries() };
  const observed = takesRequests(fetch as unknown as Send, settings, describe);
  registrations.set(observed, new Set([settings]));
  return { fetch: withMembers(observed, fetch) as unknown as Fetch };
}

/** A `Request` in place of an address, as signers may pass it. */
interface WebRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: WebHeaders;
  readonly body: unknown;
  readonly signal: unknown;
  readonly redirect: unknown;
  clone(): { arrayBuffer(): Promise<ArrayBuffer>; text(): Promise<string> };
}

/** {@link observedFetch} of an address and an `init`, or of a `Request`. One that is no call is passed on unread. */
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

/** A refusal is left to the observed `fetch`. */
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
