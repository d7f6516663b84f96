import { headerNames, isAtPayi, isPayiHeader } from '@payi/core/adapter';
import {
  type AnsweredAttempt,
  type AnswerReader,
  ConnectionSignal,
  deletePayiHeaders,
  fetchOrBypass,
  isAnnotationHeader,
  type Observation,
  setAnnotations,
  skipsPayi,
} from '@payi/core/calls';
import { checkBaseUrl, startOfPath, throughProxy } from './address.ts';
import { awaitRetry, type Call, type Registration } from './call.ts';
import type { ApiRequest, CallOptions } from './client.ts';
import { takeHeaders } from './given-headers.ts';

/** After a failed connection the SDK waits up to 8 s before it retries. */
const longestBackoffMs = 10_000;

/**
 * The member of a request by which the client's `fetch` finds the attempt. A member with a symbol survives every
 * `{ ...request }` on the way, including those of the SDK's signing.
 */
const attemptKey = Symbol.for('@payi/anthropic.attempt');

/** One attempt of a call, on its way from middleware to the network and back. */
export class Attempt implements AnsweredAttempt {
  readonly call: Call;
  readonly observation: Observation;
  readonly reader: AnswerReader;
  readonly registration: Registration;
  readonly signal: AbortSignal | undefined;
  readonly connectionSignal: ConnectionSignal | undefined;
  /** The SDK checks whether the body of an answer is locked. */
  readonly touchesBody = true;
  /** Headers to add after signing. Only for clients that sign requests after middleware. */
  readonly behindSigner: Readonly<Record<string, string>> | undefined;
  /** Whether the settings and the client's address let it go around Pay-i. */
  readonly #canBypass: boolean;
  /** Whether it goes around Pay-i without trying it. */
  readonly skips: boolean;
  /** The request to hand on. */
  readonly request: ApiRequest;
  readonly #options: CallOptions;

  /**
   * Prepares one attempt: removes headers that the provider must not see and adds the annotations. Headers are changed in
   * place, as the SDK allows: copying them would cost more than everything else here.
   *
   * @throws `ConfigurationError` when the client signs requests for Pay-i's own host.
   */
  constructor(call: Call, request: ApiRequest, options: CallOptions, reader: AnswerReader) {
    const { platform, payi } = call.registration;
    // A client that was pointed at Pay-i by hand has no other address.
    this.#canBypass = payi.bypass !== undefined && !isAtPayi(payi, request.url);
    this.skips = this.#canBypass && payi.bypass !== undefined && skipsPayi(payi.bypass);
    this.call = call;
    this.observation = call.observation;
    this.reader = reader;
    this.registration = call.registration;
    this.signal = request.signal ?? undefined;
    this.connectionSignal =
      reader.isStream && this.signal !== undefined ? new ConnectionSignal(this.signal) : undefined;
    this.#options = options;
    this.behindSigner = platform.rewrites ? keepFromSigner(call, request) : undefined;
    const prepared = platform.rewrites
      ? { ...request, [attemptKey]: this }
      : prepare(call, request, this.skips);
    this.request =
      this.connectionSignal === undefined
        ? prepared
        : { ...prepared, signal: this.connectionSignal.signal as AbortSignal };
  }

  /**
   * Records that it leaves, and sends it. If Pay-i is down and the settings allow it, sends it to the provider.
   *
   * An attempt that its caller has aborted does not leave: `fetch` rejects.
   */
  async send<Init extends { readonly method?: string; readonly headers: Headers }>(
    send: (url: string, init: Init) => Promise<Response>,
    url: string,
    init: Init,
    direct: { readonly url: string },
  ): Promise<Response> {
    const wasAborted = this.signal?.aborted === true;
    if (!wasAborted) this.#leave(url, init);
    const { observation } = this;
    const { bypass } = this.registration.payi;
    const response = await (bypass === undefined || !this.#canBypass || this.skips
      ? send(url, init)
      : (fetchOrBypass(bypass, { observation, send, url, init, direct }) as Promise<Response>));
    // Sent by a `fetch` that ignores signals.
    if (wasAborted) this.#leave(url, init);
    return response;
  }

  #leave(
    url: string,
    { method = 'GET', headers }: { readonly method?: string; readonly headers: Headers },
  ): void {
    const via = this.skips ? 'bypass' : this.registration.payi.route === 'proxy' ? 'payi' : undefined;
    this.observation.attempt({ method, url, headers, body: this.request.body, via });
  }

  /**
   * The attempt ended without an answer. The SDK's retry count tells whether a retry follows: unless the caller aborted,
   * the SDK uses all its retries.
   */
  threw(error: unknown, headers: Headers): void {
    const { call, observation } = this;
    const { maxRetries = call.registration.maxRetries(), signal } = this.#options;
    observation.threw(error);
    const mayRetry = Number(headers.get('x-stainless-retry-count')) < maxRetries && signal?.aborted !== true;
    if (mayRetry) awaitRetry(call, this.#options, longestBackoffMs, failing(observation, error));
    else observation.fail(error);
  }

  /** The SDK drops a refusal when it retries, and reads one that it throws. */
  refused(_status: number, giveUp: () => void): void {
    awaitRetry(this.call, this.#options, Number.POSITIVE_INFINITY, giveUp);
  }

  brokeOff(giveUp: () => void): void {
    giveUp();
  }
}

/** Kept separate so that the closure does not capture the attempt and its prompt. */
function failing(observation: Observation, error: unknown): () => void {
  return () => observation.fail(error);
}

export function attemptOf(init: unknown): Attempt | undefined {
  return (init as { [attemptKey]?: Attempt } | undefined)?.[attemptKey];
}

/** The request with the annotations of the call, or without if it skips Pay-i; on route `proxy`, addressed to Pay-i. */
function prepare(
  { registration, annotated, observation }: Call,
  request: ApiRequest,
  skips: boolean,
): ApiRequest {
  const { payi, platform } = registration;
  const { headers } = request;
  if (payi.route === 'direct' || skips) {
    deletePayiHeaders(headers);
    return request;
  }
  setAnnotations(headers, annotated);
  if (payi.route !== 'proxy') return request;
  if (platform.needsPriceAs && !headers.has(headerNames.priceAsResource)) {
    headers.set(headerNames.priceAsResource, observation.call.resource);
  }
  const proxied = throughProxy(request.url, startOfPath(request.url), registration);
  setAll(headers, proxied.headers);
  return { ...request, url: proxied.url };
}

/** Removes headers that must not be signed, and returns the headers to add after signing. */
function keepFromSigner(call: Call, { headers, url }: ApiRequest): Record<string, string> {
  const { payi } = call.registration;
  const isProxied = payi.route === 'proxy';
  if (isProxied) checkBaseUrl(url, call.registration);
  const taken = takeHeaders(headers, isProxied ? isUnsigned : isPayiHeader);
  const behind: Record<string, string> = {};
  if (payi.route === 'direct') return behind;
  const { set, deleted } = call.annotated;
  for (const name in taken) {
    // The adapter sets Pay-i's other headers.
    const isCallers = !isPayiHeader(name) || isForwarded(name) || isAnnotationHeader(name);
    if (isCallers && !deleted.includes(name)) behind[name] = taken[name] as string;
  }
  return Object.assign(behind, set);
}

/** Whether the proxy hands a header to the provider. */
function isForwarded(name: string): boolean {
  return name.startsWith(headerNames.forward.toLowerCase());
}

/**
 * A proxied request is signed for AWS and travels through Pay-i, which is known to forward what botocore signs:
 * `content-type`, `host`, `x-amz-date` and the session token. Everything else, `accept` and the SDK's `x-stainless-*`
 * included, is added after signing. Headers that the SDK's own rewriting reads stay.
 */
function isUnsigned(name: string): boolean {
  return !/^(?:authorization|content-type|anthropic-.*|x-amz-.*)$/.test(name);
}

export function setAll(headers: Headers, values: Readonly<Record<string, string>>): void {
  for (const name in values) headers.set(name, values[name] as string);
}
