import { headerNames } from '../annotations/header-names.ts';
import type { AttemptCallbacks } from '../call/callbacks.ts';
import { announceRequest, announceResponse } from '../call/callbacks.ts';
import { reportMisplaced } from '../call/misplaced-annotations.ts';
import { Observation } from '../call/observation.ts';
import { currentContext } from '../context/context-storage.ts';
import { now } from '../runtime.ts';
import type { AbandonPolicy } from '../settings/abandon.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { Reading } from '../usage/reading.ts';
import type { WebHeaders, WebResponse, WebSignal } from '../web.ts';
import { type AnnotatedAttempt, annotateRequest, payiHeaderNames } from './annotate-request.ts';
import { type AnswerBody, type AnswerListener, observeAnswer } from './observe-answer.ts';
import { type EventReader, observeEvents } from './observe-events.ts';
import { refusal } from './refusal.ts';
import type { AttemptIdentity, Retries } from './retries.ts';
import { settleUnread } from './settle-unread.ts';
import { SignalShield } from './signal-shield.ts';

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
  const { payi } = settings;
  const { headers } = request;
  const names = payiHeaderNames(headers);
  const annotated = annotateRequest(payi, headers, names);
  const attempt = new Attempt(settings, call, request, annotated);
  const { observation } = attempt;
  observation.attempts += 1;
  observation.providerUri = call.providerUri;
  observation.endedAtMs = undefined;
  observation.content?.sent(request.body, headers);
  const isProxied = payi.route === 'proxy' && call.proxied !== undefined;
  for (const name of names) headers.delete(name);
  if (payi.route === 'headers' || isProxied) setAll(headers, annotated.headers);
  if (isProxied) {
    const { headers: added } = call.proxied as NonNullable<FetchCall['proxied']>;
    for (const name in added) if (!headers.has(name)) headers.set(name, added[name] as string);
    headers.set(headerNames.apiKey, payi.apiKey());
  } else if (payi.route === 'proxy' && observation.attempts === 1) {
    observation.warn(
      `Pay-i's proxy does not serve ${call.operation}: the call went to the provider, unknown to Pay-i`,
    );
  }
  attempt.announce();
  return attempt;
}

function setAll(headers: WebHeaders, added: Readonly<Record<string, string>>): void {
  for (const name in added) headers.set(name, added[name] as string);
}

function numberIn(headers: WebHeaders, name: string): number | undefined {
  const number = Number(headers.get(name) || undefined);
  return Number.isFinite(number) ? number : undefined;
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
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

/**
 * The receipt is to be found by what the provider SDK made of the answer, too. Made here, as it stays with the response
 * and must not hold the attempt, which has the prompt.
 */
function attaching(observation: Observation): (value: unknown) => void {
  return (value) => observation.attachTo(value);
}

const ignore = (): void => {};

/** One attempt, from being sent until it is clear whether it was the last. Holds no response. */
export class Attempt implements AnswerListener {
  readonly observation: Observation;
  /** For the connection, in the place of the request's own. */
  readonly signal: WebSignal | undefined;
  /** Where it goes. */
  readonly url: string;
  parsed: (value: unknown) => void = ignore;
  readonly #settings: FetchSettings;
  readonly #call: FetchCall;
  readonly #request: AttemptRequest;
  readonly #given: Readonly<Record<string, string>>;
  readonly #context = currentContext();
  readonly #shield: SignalShield | undefined;
  readonly #sentAtMs = now();
  #requestId: string | null = null;
  /** Of a refusal. */
  #refusedStatus: number | undefined;

  constructor(
    settings: FetchSettings,
    call: FetchCall,
    request: AttemptRequest,
    annotated: AnnotatedAttempt,
  ) {
    const { payi, retries } = settings;
    const { signal } = request;
    this.#settings = settings;
    this.#call = call;
    this.#request = request;
    this.#given = annotated.given;
    this.#shield = call.isStream && signal !== undefined ? new SignalShield(signal) : undefined;
    this.signal = this.#shield?.signal ?? signal;
    this.url = payi.route === 'proxy' ? (call.proxied?.url ?? request.url) : request.url;
    const known = retries.isEmpty ? undefined : retries.resume(this.#identity());
    if (known !== undefined) {
      this.observation = known;
      return;
    }
    const { category, operation, resource } = call;
    const { annotations } = annotated;
    this.observation = new Observation({ category, operation, resource, annotations }, payi);
    reportInvalid(settings, operation, this.observation, annotated);
    if (isEmpty(annotated.given)) reportMisplaced(payi, operation, request.headers);
  }

  /** To tell it from other attempts. Made only when one failed: nearly none does. */
  #identity(): AttemptIdentity {
    const { method, url, body, signal, headers } = this.#request;
    return {
      method,
      url,
      body,
      signal,
      signature: JSON.stringify(this.#given),
      context: this.#context,
      retryCount: numberIn(headers, 'x-stainless-retry-count'),
    };
  }

  /** Calls `onRequest`. Once, when the request is ready to be sent. */
  announce(): void {
    announceRequest(this.#settings, this.observation, this.#request.method, this.url, this.#request.headers);
  }

  /**
   * The request was not answered.
   *
   * Whether the SDK tries again is its own affair. It does so at once or within its own waiting time, unless the caller
   * aborted; until then the call stays open.
   */
  threw(error: unknown): void {
    this.observation.attachTo(error);
    const retryCount = numberIn(this.#request.headers, 'x-stainless-retry-count');
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
    observation.content?.answered(response.headers);
    announceResponse(this.#settings, observation, response, now() - this.#sentAtMs);
    const { ok, status, headers } = response;
    if (!ok) {
      this.#refusedStatus = status;
      // The error that the SDKs make of it has the headers, and not the response.
      observation.attachTo(headers);
      this.#look(response, 'failed');
      return response;
    }
    const { body } = response;
    const type = headers.get('content-type') ?? '';
    // Whoever asked for events is given them by the SDK whatever the answer says it is, and some servers with OpenAI's
    // interface say nothing. An answer of JSON is none: a server that cannot stream.
    const hasEvents = this.#call.isStream ? !/\bjson/i.test(type) : /^text\/event-stream/i.test(type);
    if (hasEvents && typeof body?.getReader === 'function') {
      const observed = observeEvents(
        response,
        body,
        this.#call.events,
        observation,
        this.#settings.onAbandon,
        this.#shield,
      );
      // The stream object of the SDKs has the controller of this signal.
      observation.attachTo(this.#request.signal);
      observation.attachTo(observed);
      return observed;
    }
    if (body === null || status === 204 || headers.get('content-length') === '0') {
      observation.attachTo(response);
      observation.settle('complete');
      return response;
    }
    this.#requestId = headers.get('x-request-id');
    this.#look(response, 'partial');
    return response;
  }

  #look(response: WebResponse, outcomeWhenGone: 'partial' | 'failed'): void {
    this.observation.attachTo(response);
    if (this.#refusedStatus === undefined) this.parsed = attaching(this.observation);
    observeAnswer(response, this);
    settleUnread(this.observation, response, outcomeWhenGone);
  }

  whole(body: AnswerBody): void {
    const { observation } = this;
    observation.content?.whole(body.text);
    if (this.#refusedStatus !== undefined) {
      this.#refused(body.value);
      return;
    }
    const { operation } = this.#call;
    try {
      observation.read('body', this.#call.readBody(body));
      if (body.text.includes('proxy_result')) observation.readResult(body.value);
    } catch (cause) {
      const message = `the answer of ${operation} could not be read for its receipt`;
      this.#settings.payi.report({ code: 'INTERNAL_FAULT', message, operation, cause });
    }
    observation.attachToId(this.#requestId);
    observation.settle('complete');
  }

  broke(error: unknown): void {
    const { observation } = this;
    if (this.#refusedStatus !== undefined) this.#refused(undefined);
    else if (this.#isTimeout())
      this.#mayFollow({ waitMs: longestWaitMs }, () => observation.fail(error, 'partial'));
    else observation.fail(error, 'partial');
  }

  /** The SDKs read the body of a refusal that they throw, and close that of one after which they try again. */
  dropped(): void {
    if (this.#refusedStatus === undefined) {
      this.observation.warn('the caller did not read the answer');
      this.observation.settle('partial');
    } else {
      const wait = { waitMs: longestWaitMs, mayRepeatCount: this.#refusedStatus === 401 };
      this.#mayFollow(wait, () => this.#refused(undefined));
    }
  }

  #refused(body: unknown): void {
    this.observation.fail(refusal(this.#refusedStatus, body));
  }

  #mayFollow(wait: { waitMs: number; mayRepeatCount?: boolean }, settle: () => void): void {
    const { observation } = this;
    if (observation.isSettled) return;
    observation.endedAtMs = now();
    this.#settings.retries.expect(this.#identity(), observation, wait, settle);
  }

  /**
   * An abort well before the SDK's own time limit is the caller's: the SDK does not try again. The SDKs tell the limit
   * only where a call has one of its own; otherwise it may be either, and another attempt may follow.
   */
  #isAbortedByCaller(): boolean {
    return this.#request.signal?.aborted === true && !this.#isTimeout();
  }

  /**
   * The limit may seem not to be reached when it is: the SDK's timer was set before this attempt began, and timers count
   * whole milliseconds. Half of it is early for a timer; who takes an abort for one only waits a while for nothing.
   */
  #isTimeout(): boolean {
    const { signal, headers } = this.#request;
    const limitSeconds = numberIn(headers, 'x-stainless-timeout') ?? 0;
    return signal?.aborted === true && now() - this.#sentAtMs >= limitSeconds * 500;
  }
}
