import type { AbandonPolicy } from '../abandon.ts';
import type { Annotations } from '../annotations.ts';
import { type AttemptCallbacks, runCallback, withoutCredentials } from '../callbacks.ts';
import { currentContext } from '../context-storage.ts';
import type { ResolvedPayi } from '../create-payi.ts';
import { headerNames } from '../header-names.ts';
import { Observation } from '../observation.ts';
import { now } from '../runtime.ts';
import type { Reading } from '../usage/reading.ts';
import { annotateRequest, payiHeaderNames } from './annotate-request.ts';
import { type AnswerBody, observeAnswer } from './observe-answer.ts';
import { type EventReader, observeEvents } from './observe-events.ts';
import type { AttemptIdentity, Retries } from './retries.ts';
import { SignalShield } from './signal-shield.ts';
import type { WebHeaders, WebResponse, WebSignal } from './web.ts';

/** What the calls of one client have in common. */
export interface FetchSettings {
  readonly payi: ResolvedPayi;
  readonly callbacks: AttemptCallbacks;
  readonly onAbandon: AbandonPolicy;
  /** One per client: attempts of one call come by the same one. */
  readonly retries: Retries;
}

/** What an adapter makes of a request that is observed. */
export interface FetchCall {
  readonly category: string;
  readonly operation: string;
  readonly resource: string;
  /** The base URL of the client, for what is reported on route `direct`. */
  readonly providerUri?: string | undefined;
  /** Whether the caller asked for server-sent events. */
  readonly isStream: boolean;
  /**
   * On route `proxy`: where the request goes instead, and the headers that only Pay-i's proxy reads. `undefined` where
   * the proxy does not serve the operation; then it goes to the provider as it is.
   */
  readonly proxied?: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined;
  /** Reads a whole answer. Must not throw. */
  readBody(body: AnswerBody): Reading;
  readonly events: EventReader;
}

/** One request as a provider SDK wants it sent. */
export interface AttemptRequest {
  readonly method: string;
  readonly url: string;
  /** Changed in place: the caller passes a copy, or what nobody else holds. */
  readonly headers: WebHeaders;
  readonly body: unknown;
  readonly signal: WebSignal | undefined;
}

/** An SDK waits no longer than this before it sends a request again (a minute, by what a server asks for). */
const longestWaitMs = 62_000;

/**
 * Begins one attempt of a call: puts annotations on the request, or takes them off, and opens or finds the call's record.
 *
 * Does not throw.
 */
export function beginAttempt(settings: FetchSettings, call: FetchCall, request: AttemptRequest): Attempt {
  const { payi, retries } = settings;
  const { method, url, headers, body, signal } = request;
  const names = payiHeaderNames(headers);
  const annotated = annotateRequest(payi, headers, names);
  const identity: AttemptIdentity = {
    method,
    url,
    body,
    signature: annotated.signature,
    context: currentContext(),
    retryCount: numberIn(headers, 'x-stainless-retry-count'),
    signal,
  };
  const { category, operation, resource } = call;
  let observation = retries.resume(identity);
  if (observation === undefined) {
    observation = new Observation(
      { category, operation, resource, annotations: annotated.annotations },
      payi,
    );
    reportInvalid(settings, operation, observation, annotated);
  }
  observation.attempts += 1;
  observation.providerUri = call.providerUri;
  observation.endedAtMs = undefined;
  const isProxied = payi.route === 'proxy' && call.proxied !== undefined;
  if (payi.route === 'headers') {
    for (const name of names) if (!annotated.invalid.includes(name)) headers.delete(name);
  } else {
    for (const name of names) headers.delete(name);
  }
  if (payi.route === 'headers' || isProxied) setAll(headers, annotated.headers);
  if (isProxied) {
    for (const [name, value] of Object.entries(call.proxied?.headers ?? {})) {
      if (!headers.has(name)) headers.set(name, value);
    }
    headers.set(headerNames.apiKey, payi.apiKey());
  } else if (payi.route === 'proxy' && observation.attempts === 1) {
    observation.warn(
      `Pay-i's proxy does not serve ${operation}: the call went to the provider, unknown to Pay-i`,
    );
  }
  const attempt = new Attempt(
    settings,
    call,
    observation,
    identity,
    numberIn(headers, 'x-stainless-timeout'),
  );
  attempt.announce(method, isProxied ? (call.proxied?.url ?? url) : url, headers);
  return attempt;
}

function setAll(headers: WebHeaders, added: Readonly<Record<string, string>>): void {
  for (const name in added) headers.set(name, added[name] as string);
}

function numberIn(headers: WebHeaders, name: string): number | undefined {
  const text = headers.get(name);
  return text === null || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);
}

function reportInvalid(
  { payi }: FetchSettings,
  operation: string,
  observation: Observation,
  { invalid, problem }: { readonly invalid: readonly string[]; readonly problem: unknown },
): void {
  if (invalid.length === 0) return;
  const message = `headers of the call could not be read as annotations and were left out: ${invalid.join(', ')}`;
  observation.warn(message);
  payi.report({ code: 'INVALID_HEADERS', message, operation, cause: problem });
}

/** One attempt, from being sent until it is clear whether it was the last. */
export class Attempt {
  readonly observation: Observation;
  /** For the connection, in the place of the request's own. */
  readonly signal: WebSignal | undefined;
  /** Where it goes. */
  readonly url: string;
  readonly annotations: Annotations;
  readonly #settings: FetchSettings;
  readonly #call: FetchCall;
  readonly #identity: AttemptIdentity;
  readonly #timeoutSeconds: number | undefined;
  readonly #shield: SignalShield | undefined;
  readonly #sentAtMs = now();

  constructor(
    settings: FetchSettings,
    call: FetchCall,
    observation: Observation,
    identity: AttemptIdentity,
    timeoutSeconds: number | undefined,
  ) {
    this.observation = observation;
    this.annotations = observation.call.annotations;
    this.#settings = settings;
    this.#call = call;
    this.#identity = identity;
    this.#timeoutSeconds = timeoutSeconds;
    this.#shield =
      call.isStream && identity.signal !== undefined ? new SignalShield(identity.signal) : undefined;
    this.signal = this.#shield?.signal ?? identity.signal;
    this.url = settings.payi.route === 'proxy' ? (call.proxied?.url ?? identity.url) : identity.url;
  }

  announce(method: string, url: string, headers: WebHeaders): void {
    const { callbacks, payi } = this.#settings;
    if (callbacks.onRequest === undefined) return;
    const event = Object.freeze({
      operation: this.#call.operation,
      annotations: this.annotations,
      method,
      url,
      headers: withoutCredentials(Object.fromEntries(headers.entries())),
      attempt: this.observation.attempts,
    });
    runCallback(callbacks.onRequest, event, this.#call.operation, payi.report);
  }

  /**
   * The request was not answered.
   *
   * Whether the SDK tries again is its own affair. It does so at once or within its own waiting time, unless the caller
   * aborted; until then the call stays open.
   */
  threw(error: unknown): void {
    this.observation.attachTo(error);
    const { retryCount } = this.#identity;
    if (retryCount === undefined || this.#isAbortedByCaller()) {
      this.observation.fail(error);
      return;
    }
    const waitMs = Math.min(500 * 2 ** retryCount, 8000) + 2000;
    this.#mayFollow({ waitMs }, () => this.observation.fail(error));
  }

  /**
   * The request was answered.
   *
   * @returns The response to hand on: the one given, or one in its place, to be read by the caller as ever.
   */
  answered(response: WebResponse): WebResponse {
    const { observation } = this;
    observation.httpStatus = response.status;
    this.#announceResponse(response);
    // The error that the SDKs make of a refusal has the response's headers and not the response.
    observation.attachTo(response);
    observation.attachTo(response.headers);
    if (!response.ok) {
      observeAnswer(response, this.#refusal(response.status));
      this.#settleWhenGone(response);
      return response;
    }
    const { body, headers } = response;
    if (isEventStream(headers) && typeof body?.getReader === 'function') {
      const observed = observeEvents(
        response,
        body,
        this.#call.events,
        observation,
        this.#settings.onAbandon,
        this.#shield,
      );
      // The stream object of the SDKs has the controller of this signal.
      if (this.#identity.signal !== undefined) observation.attachTo(this.#identity.signal);
      observation.attachTo(observed);
      observation.attachTo(observed.headers);
      return observed;
    }
    if (body === null || response.status === 204 || headers.get('content-length') === '0') {
      observation.settle('complete');
      return response;
    }
    observeAnswer(response, this.#answer());
    this.#settleWhenGone(response);
    return response;
  }

  #answer(): {
    parsed(value: unknown): void;
    whole(body: AnswerBody): void;
    broke(error: unknown): void;
    dropped(): void;
  } {
    const { observation } = this;
    return {
      parsed: (value) => observation.attachTo(value),
      whole: (body) => {
        this.#guard(() => {
          observation.read('body', this.#call.readBody(body));
          if (body.text.includes('proxy_result')) observation.readResult(body.value);
        });
        observation.settle('complete');
      },
      broke: (error) => {
        if (this.#isTimeout())
          this.#mayFollow({ waitMs: longestWaitMs }, () => observation.fail(error, 'partial'));
        else observation.fail(error, 'partial');
      },
      dropped: () => {
        observation.warn('the caller did not read the answer');
        observation.settle('partial');
      },
    };
  }

  /** The SDKs read the body of a refusal that they throw, and close that of one after which they try again. */
  #refusal(status: number): {
    parsed(): void;
    whole(body: AnswerBody): void;
    broke(error: unknown): void;
    dropped(): void;
  } {
    const { observation } = this;
    const fail = (body: unknown): void => observation.fail(refusal(status, body));
    return {
      parsed: () => {},
      whole: (body) => fail(body.value),
      broke: () => fail(undefined),
      dropped: () =>
        this.#mayFollow({ waitMs: longestWaitMs, mayRepeatCount: status === 401 }, () => fail(undefined)),
    };
  }

  #mayFollow(wait: { waitMs: number; mayRepeatCount?: boolean }, settle: () => void): void {
    const { observation } = this;
    if (observation.isSettled) return;
    observation.endedAtMs = now();
    this.#settings.retries.expect(this.#identity, observation, wait, settle);
  }

  #settleWhenGone(response: WebResponse): void {
    settleWhenGone(this.observation, response, response.ok ? 'partial' : 'failed');
  }

  /**
   * An abort before the SDK's own time limit is the caller's: the SDK does not try again. The SDKs tell the limit only
   * where a call has one of its own; otherwise it may be either, and another attempt may follow.
   */
  #isAbortedByCaller(): boolean {
    return this.#identity.signal?.aborted === true && !this.#isTimeout();
  }

  #isTimeout(): boolean {
    const elapsedMs = now() - this.#sentAtMs;
    return this.#identity.signal?.aborted === true && elapsedMs >= (this.#timeoutSeconds ?? 0) * 1000;
  }

  #announceResponse({ status, headers }: WebResponse): void {
    const { callbacks, payi } = this.#settings;
    if (callbacks.onResponse === undefined) return;
    const event = Object.freeze({
      operation: this.#call.operation,
      annotations: this.annotations,
      status,
      headers: withoutCredentials(Object.fromEntries(headers.entries())),
      latencyMs: now() - this.#sentAtMs,
      attempt: this.observation.attempts,
    });
    runCallback(callbacks.onResponse, event, this.#call.operation, payi.report);
  }

  #guard(read: () => void): void {
    try {
      read();
    } catch (cause) {
      const { operation } = this.#call;
      const message = `the answer of ${operation} could not be read for its receipt`;
      this.#settings.payi.report({ code: 'INTERNAL_FAULT', message, operation, cause });
    }
  }
}

/** A function of its own: a closure made beside the response would hold it. */
function settleWhenGone(
  observation: Observation,
  response: WebResponse,
  outcome: 'partial' | 'failed',
): void {
  observation.settleWhenGone(response, () => {
    observation.warn('nobody read the answer');
    observation.settle(outcome);
  });
}

function isEventStream(headers: WebHeaders): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true;
}

/** As the error that the SDK throws, to those who look for Pay-i's codes; named by the provider's own code. */
function refusal(status: number, body: unknown): object {
  const error = member(body, 'error') ?? member(body, 'xproxy_error');
  const name = member(error, 'code') ?? member(error, 'type') ?? `HTTP ${status}`;
  const message = member(error, 'message') ?? member(body, 'message');
  return { name, message, error: body };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? ((value as Record<string, unknown>)[name] ?? undefined)
    : undefined;
}
