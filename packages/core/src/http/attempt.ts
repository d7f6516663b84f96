import type { Annotations } from '../annotations/annotations.ts';
import type { Category } from '../annotations/categories.ts';
import { headerNames } from '../annotations/header-names.ts';
import {
  type AnnotatedHeaders,
  annotateHeaders,
  refuseAddress,
  reportMisplaced,
} from '../call/annotate-call.ts';
import { Observation, type ObservedCall } from '../call/observation.ts';
import type { Registration } from '../call/registrations.ts';
import type { SentRequest } from '../call/sent-request.ts';
import { currentContext } from '../context/context-storage.ts';
import { now } from '../runtime.ts';
import { isAtPayi } from '../settings/resolved-payi.ts';
import { parseRetryAfter, type WebHeaders, type WebResponse, type WebSignal } from '../web.ts';
import { deletePayiHeaders, setAnnotations } from './annotate-request.ts';
import { skipsPayi } from './bypass.ts';
import { ConnectionSignal } from './connection-signal.ts';
import { type AnsweredAttempt, type AnswerReader, observeAnswer } from './observe-answer.ts';
import type { AttemptIdentity, Retries } from './retries.ts';
import type { SdkCall } from './sdk-call.ts';

/** What the calls of one client have in common. */
export interface FetchSettings extends Registration {
  /** One per client: all attempts of a call use the same one. Absent where each call has an {@link SdkCall}. */
  readonly retries?: Retries | undefined;
}

/** What an adapter knows of a request that is observed. */
export interface FetchCall extends AnswerReader {
  readonly category: Category;
  readonly operation: string;
  readonly resource: string;
  /** What the request asked for. */
  readonly asked?: ObservedCall['asked'];
  /** Keeps a call whose answer a later request gets. */
  readonly keep?: ObservedCall['keep'];
  /** The base URL of the client, for the event of route `direct`. */
  readonly providerUri?: string | undefined;
  /**
   * On route `proxy`: where the request goes instead, and the headers that only Pay-i's proxy reads. `undefined` where
   * the proxy does not serve the operation; then the request goes to the provider.
   */
  readonly proxied?: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined;
  /** Given by an adapter that sees when the SDK's call ends. */
  readonly sdkCall?: SdkCall | undefined;
  /** A body that asks for more than the caller's, and is sent in its place. */
  readonly asking?: AskingBody | undefined;
}

/** Asks for more than the caller did. If the server refuses, the caller's own body is sent. */
export interface AskingBody {
  readonly body: unknown;
  /** Whether an answer refuses what this body asks for. Any other answer can still be read. */
  isRefusedBy(response: WebResponse): Promise<boolean>;
  /** Reads the answer to the caller's own body. */
  readonly otherwise: AnswerReader;
  /** The server accepted the caller's own body after it had refused this one. */
  refused(): void;
}

/** One request as a provider SDK wants it sent. */
export interface FetchRequest {
  /** In capitals. */
  readonly method: string;
  readonly url: string;
  /** Names in any case. */
  readonly headers: WebHeaders;
  readonly body: unknown;
}

/** A {@link FetchRequest} to be sent. */
export interface AttemptRequest extends FetchRequest {
  /** Changed in place: the caller passes a copy, or headers that nobody else holds. */
  readonly headers: WebHeaders;
  readonly signal: WebSignal | undefined;
}

/** How long an SDK may take to get a new token. */
const longestTokenMs = 60_000;

/** One attempt of a call, until it is known whether it was the last. Holds no response. */
export class FetchAttempt implements AnsweredAttempt {
  readonly observation: Observation;
  /** Replaced when the caller's own body is sent after all. */
  reader: AnswerReader;
  readonly registration: FetchSettings;
  readonly signal: WebSignal | undefined;
  readonly connectionSignal: ConnectionSignal | undefined;
  readonly touchesBody = false;
  readonly sdkCall: SdkCall | undefined;
  readonly isProxied: boolean;
  /** Where it goes if Pay-i is down. `undefined` if it cannot go around Pay-i, or already does. */
  readonly direct: { readonly url: string; readonly providerUri?: string | undefined } | undefined;
  /** Where it goes. */
  readonly url: string;
  readonly #request: AttemptRequest;
  readonly #sent: SentRequest;
  readonly #annotations: Annotations;
  readonly #context = currentContext();
  readonly #sentAtMs = now();
  /** How long the server asked to wait before a retry. */
  #askedMs = 0;

  /**
   * Begins an attempt: adds annotations to the request, or removes them, and creates or finds the record of the call.
   *
   * @throws `PayiError` when Pay-i cannot read an annotation. Nothing has changed then.
   */
  constructor(settings: FetchSettings, call: FetchCall, request: AttemptRequest) {
    const { payi, retries, callbacks } = settings;
    const { method, headers, body, signal } = request;
    refuseAddress(payi, request);
    const annotated = annotateHeaders(payi, headers);
    const { annotations, warnings } = annotated;
    // A client that was pointed at Pay-i by hand has no other address.
    const canBypass = payi.bypass !== undefined && call.proxied !== undefined && !isAtPayi(payi, request.url);
    const skips = canBypass && skipsPayi(payi.bypass);
    const proxied = payi.route === 'proxy' && !skips ? call.proxied : undefined;
    this.reader = call;
    this.registration = settings;
    this.signal = signal;
    this.connectionSignal = call.isStream && signal !== undefined ? new ConnectionSignal(signal) : undefined;
    this.isProxied = proxied !== undefined;
    this.url = proxied?.url ?? request.url;
    this.#request = request;
    this.#annotations = annotations;
    const { category, operation, resource, asked, keep, providerUri, sdkCall } = call;
    this.sdkCall = sdkCall;
    this.direct = canBypass && !skips ? { url: request.url, providerUri } : undefined;
    const resumed =
      sdkCall?.resume() ?? (retries?.isEmpty === false ? retries.resume(this.#identity()) : undefined);
    this.observation =
      resumed ??
      new Observation({ category, operation, resource, annotations, asked, keep, warnings }, payi, callbacks);
    if (sdkCall !== undefined) sdkCall.observation = this.observation;
    if (resumed === undefined) this.#warn(settings, call, annotated);
    if (payi.route === 'headers' || proxied !== undefined) setAnnotations(headers, annotated);
    else deletePayiHeaders(headers);
    if (proxied !== undefined) {
      // A signer's: `fetch` writes the proxy's own, and the proxy restores the signed host.
      headers.delete('host');
      for (const name in proxied.headers) {
        if (!headers.has(name)) headers.set(name, proxied.headers[name] as string);
      }
      headers.set(headerNames.apiKey, payi.apiKey());
    }
    const via = this.isProxied ? 'payi' : skips ? 'bypass' : undefined;
    this.#sent = { method, url: this.url, headers, body, providerUri, via };
  }

  /** Records that it leaves. */
  leave(): void {
    this.observation.attempt(this.#sent);
  }

  /** Warns once per call, at its first attempt. */
  #warn({ payi }: FetchSettings, { operation, proxied }: FetchCall, { isGiven }: AnnotatedHeaders): void {
    if (!isGiven) reportMisplaced(payi, operation, this.#request.headers);
    if (payi.route === 'proxy' && proxied === undefined) {
      this.observation.warn(
        `Pay-i's proxy does not serve ${operation}: the call went to the provider, unknown to Pay-i`,
      );
    }
  }

  /** Identifies this attempt. Created only if an attempt has failed, which is rare. */
  #identity(): AttemptIdentity {
    const { headers, ...request } = this.#request;
    return {
      ...request,
      signature: JSON.stringify(this.#annotations),
      context: this.#context,
      retryCount: numberIn(headers, 'x-stainless-retry-count'),
    };
  }

  /**
   * The request was not answered. The call stays open for as long as the SDK may wait before a retry, unless the caller
   * aborted or the SDK does not count retries.
   */
  threw(error: unknown): void {
    const { observation } = this;
    observation.threw(error);
    const fail = (): void => observation.fail(error);
    const isAborted = this.signal?.aborted === true && !this.#isTimeout();
    if (isAborted && this.sdkCall === undefined) fail();
    else this.#awaitBackoff(fail);
  }

  /** @returns The response to hand on: the one given, or one that replaces it. */
  answered(response: WebResponse): WebResponse {
    if (!response.ok) this.#askedMs = retryAfterMs(response.headers);
    return observeAnswer(response, this);
  }

  refused(status: number, giveUp: () => void): void {
    // After a refused token an SDK may get a new one and retry without counting.
    if (status === 401) this.#awaitRetry(longestTokenMs, true, giveUp);
    else this.#awaitBackoff(giveUp);
  }

  brokeOff(giveUp: () => void): void {
    if (this.sdkCall === undefined && this.#isTimeout()) this.#awaitBackoff(giveUp);
    else giveUp();
  }

  /** Waits for as long as the SDK does, and a little longer. */
  #awaitBackoff(giveUp: () => void): void {
    if (this.sdkCall !== undefined) {
      this.#awaitRetry(0, false, giveUp);
      return;
    }
    const retryCount = numberIn(this.#request.headers, 'x-stainless-retry-count');
    if (retryCount === undefined) giveUp();
    else {
      const backoffMs = Math.min(500 * 2 ** retryCount, 8000);
      this.#awaitRetry(Math.max(backoffMs, this.#askedMs) + 2000, false, giveUp);
    }
  }

  #awaitRetry(waitMs: number, mayRepeatCount: boolean, giveUp: () => void): void {
    const { observation } = this;
    if (observation.isSettled) return;
    if (this.sdkCall !== undefined) this.sdkCall.expect(giveUp);
    else this.registration.retries?.expect(this.#identity(), observation, { waitMs, mayRepeatCount }, giveUp);
  }

  /**
   * Whether the SDK's own time limit aborted the request; the SDK then retries. The SDKs state the limit only if the
   * call has its own. Without a stated limit, every abort counts as a timeout.
   *
   * The SDK's timer was set before this attempt began, and timers count whole milliseconds, so a timeout may seem to
   * come early. Half the limit is a safe threshold: mistaking an abort for a timeout only delays the receipt.
   */
  #isTimeout(): boolean {
    const limitSeconds = numberIn(this.#request.headers, 'x-stainless-timeout') ?? 0;
    return this.signal?.aborted === true && now() - this.#sentAtMs >= limitSeconds * 500;
  }
}

/** As the provider SDKs read it. They ignore a wait that is too long for a timer. */
function retryAfterMs(headers: WebHeaders): number {
  const ms = numberIn(headers, 'retry-after-ms') || parseRetryAfter(headers.get('retry-after'), Date.now());
  return ms < 2 ** 31 ? ms : 0;
}

function numberIn(headers: WebHeaders, name: string): number | undefined {
  const number = Number(headers.get(name) || undefined);
  return Number.isFinite(number) ? number : undefined;
}
