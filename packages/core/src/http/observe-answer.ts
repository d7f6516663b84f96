import type { Observation } from '../call/observation.ts';
import type { Outcome } from '../call/receipt.ts';
import { requestIdHeaders } from '../call/receipts.ts';
import type { Registration } from '../call/registrations.ts';
import type { EventReading } from '../call/stream-watch.ts';
import { record, text } from '../usage/json.ts';
import type { WebHeaders, WebResponse, WebSignal } from '../web.ts';
import type { ConnectionSignal } from './connection-signal.ts';
import { type AnswerBody, type AnswerListener, observeBody } from './observe-body.ts';

import { type EventReader, isStream, observeEvents } from './observe-events.ts';

/** How the answers of one operation are read. */
export interface AnswerReader {
  /** Whether the caller asked for server-sent events. */
  readonly isStream: boolean;
  /** The response header that names what served the request. */
  readonly servedBy?: string;
  /** A success has begun: reads its headers, before anything of its body. */
  begin?(observation: Observation, headers: WebHeaders): void;
  /** Reads a whole answer, which may be an error although its status says otherwise. */
  readBody(body: AnswerBody): EventReading;
  readonly events: EventReader;
}

/** An attempt that was answered. Must not hold the response. */
export interface AnsweredAttempt {
  readonly observation: Observation;
  readonly reader: AnswerReader;
  readonly registration: Registration;
  /** The signal of the provider SDK's request. The SDK's stream has its controller. */
  readonly signal: WebSignal | undefined;
  /** Keeps aborts of that signal from the connection of a stream. */
  readonly connectionSignal: ConnectionSignal | undefined;
  /** Present if a refusal that was read may be retried, too. */
  readonly sdkCall?: object | undefined;
  /** Whether the provider SDK reads the `body` of every answer, if only to check whether it is locked. */
  readonly touchesBody: boolean;
  /**
   * A refusal was dropped unread: the SDK is about to retry. Keeps the call open.
   *
   * @param giveUp - Ends the call if no further attempt follows.
   */
  refused(status: number, giveUp: () => void): void;
  /** The answer broke off. Keeps the call open if the SDK may retry; otherwise calls `giveUp` at once. */
  brokeOff(giveUp: () => void): void;
}

/**
 * Observes the answer of one attempt, whatever it is: a refusal, events, nothing, or a whole body. A fault in here is
 * reported and leaves the answer to the caller.
 *
 * @returns The response to hand on: the one given, or for events one that replaces it.
 */
export function observeAnswer(response: WebResponse, attempt: AnsweredAttempt): WebResponse {
  try {
    return observe(response, attempt);
  } catch (cause) {
    attempt.observation.giveUp(cause, response.ok ? 'partial' : 'failed');
    return response;
  }
}

function observe(response: WebResponse, attempt: AnsweredAttempt): WebResponse {
  const { observation, reader, touchesBody } = attempt;
  observation.answered(response);
  const { ok, status, headers, body } = response;
  const resource = reader.servedBy && headers.get(reader.servedBy);
  if (resource) observation.read('response-headers', { resource });
  for (const name of requestIdHeaders) observation.attachToId(headers.get(name));
  if (ok) reader.begin?.(observation, headers);
  const type = headers.get('content-type') ?? '';
  // With `stream: true` the SDKs parse any content type as events. JSON comes from a server that cannot stream.
  const hasEvents = reader.isStream ? !/\bjson/i.test(type) : /^text\/event-stream/i.test(type);
  if (ok && hasEvents && isStream(body)) {
    const observed = observeEvents(
      response,
      body,
      reader.events,
      observation,
      attempt.registration.onAbandon,
      attempt.connectionSignal,
    );
    observation.attachTo(attempt.signal);
    observation.attachTo(observed);
    observation.attachTo(observed.headers);
    return observed;
  }
  observation.attachTo(response);
  if (ok && (body === null || status === 204 || headers.get('content-length') === '0')) {
    observation.settle('complete');
    return response;
  }
  if (!ok) {
    observation.pause();
    // The error that the SDKs create from a refusal has its headers but not the response.
    observation.attachTo(headers);
  }
  const seesStream = !ok || reader.isStream || !touchesBody;
  observeBody(response, observation, new WholeAnswer(attempt, response), seesStream);
  settleUnread(observation, response, ok ? 'partial' : 'failed');
  return response;
}

/** Kept separate so that the closure does not capture the response. */
function settleUnread(observation: Observation, response: object, outcome: Outcome): void {
  observation.settleWhenGone(response, () => {
    observation.warn('nobody read the answer');
    observation.settle(outcome);
  });
}

/**
 * Ends the call when its answer is read. The SDKs read the body of a refusal if they throw an error, and close it if they
 * retry.
 */
class WholeAnswer implements AnswerListener {
  readonly #attempt: AnsweredAttempt;
  readonly #isRefusal: boolean;
  readonly #status: number;
  readonly #headers: WebHeaders;

  constructor(attempt: AnsweredAttempt, { ok, status, headers }: WebResponse) {
    this.#attempt = attempt;
    this.#isRefusal = !ok;
    this.#status = status;
    this.#headers = headers;
  }

  whole(body: AnswerBody): void {
    const { observation, reader } = this.#attempt;
    observation.content?.whole(body.text);
    if (this.#isRefusal) {
      this.#refused(body.value);
      return;
    }
    const reading = reader.readBody(body);
    observation.read('body', reading);
    if (body.text.includes('proxy_result')) observation.readResult(body.value);
    observation.settle(reading.hasFailed === true ? 'failed' : 'complete');
  }

  broke(error: unknown): void {
    if (this.#isRefusal) this.#refused();
    else this.#attempt.brokeOff(() => this.#attempt.observation.fail(error, 'partial'));
  }

  dropped(): void {
    const { observation } = this.#attempt;
    if (this.#isRefusal) this.#attempt.refused(this.#status, () => this.#refuse());
    else {
      observation.warn('the caller did not read the answer');
      observation.settle('partial');
    }
  }

  /** A refusal was read, which ends the call unless the SDK reads refusals that it retries. */
  #refused(body?: unknown): void {
    const attempt = this.#attempt;
    if (attempt.sdkCall === undefined) this.#refuse(body);
    else attempt.refused(this.#status, () => this.#refuse(body));
  }

  /** Ends the call with an error like the SDK's, named after the code of the provider or Pay-i. */
  #refuse(body?: unknown): void {
    const { error, xproxy_error, message } = record(body);
    const refusal = record(error ?? xproxy_error);
    const [ofAws] = /^\w+/.exec(this.#headers.get('x-amzn-errortype') ?? '') ?? [];
    this.#attempt.observation.fail({
      name: text(refusal.status) ?? refusal.code ?? refusal.type ?? ofAws ?? `HTTP ${this.#status}`,
      message: refusal.message ?? message,
      error: body,
    });
  }

  faulted(cause: unknown): void {
    this.#attempt.observation.giveUp(cause, this.#isRefusal ? 'failed' : 'complete');
  }
}
