import type { Observation } from '../call/observation.ts';
import type { Outcome } from '../call/receipt.ts';
import type { AbandonPolicy } from '../settings/abandon.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import type { Reading } from '../usage/reading.ts';
import type { WebResponse, WebSignal } from '../web.ts';
import type { ConnectionSignal } from './connection-signal.ts';
import { type AnswerBody, type AnswerListener, observeBody } from './observe-body.ts';
import { type EventReader, observeEvents } from './observe-events.ts';
import { refusal } from './refusal.ts';

/** How the answers of one operation are read. */
export interface AnswerReader {
  /** Whether the caller asked for server-sent events. */
  readonly isStream: boolean;
  /** Reads a whole answer. */
  readBody(body: AnswerBody): Reading;
  readonly events: EventReader;
}

/** An attempt that was answered. Must not hold the response. */
export interface AnsweredAttempt {
  readonly observation: Observation;
  readonly reader: AnswerReader;
  readonly onAbandon: AbandonPolicy;
  readonly report: OnDiagnostic;
  /** The signal of the provider SDK's request. The SDK's stream has its controller. */
  readonly signal: WebSignal | undefined;
  /** Keeps that signal off the connection of a stream. */
  readonly connectionSignal: ConnectionSignal | undefined;
  /** The provider SDK reads the `body` of every answer, if only to look whether it is locked. */
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
    const { observation } = attempt;
    reportUnread(attempt, cause);
    observation.warn('the answer could not be observed');
    observation.settle(response.ok ? 'partial' : 'failed');
    return response;
  }
}

function reportUnread({ observation, report }: AnsweredAttempt, cause: unknown): void {
  const { operation } = observation.call;
  const message = `the answer of ${operation} could not be read for its receipt`;
  report({ code: 'INTERNAL_FAULT', message, operation, cause });
}

function observe(response: WebResponse, attempt: AnsweredAttempt): WebResponse {
  const { observation, reader, touchesBody } = attempt;
  observation.answered(response);
  const { ok, status, headers, body } = response;
  if (!ok) {
    observation.pause();
    // The error that the SDKs make of it has the headers, and not the response.
    observation.attachTo(headers);
    observeWhole(response, new RefusalListener(attempt, status), 'failed', true);
    return response;
  }
  const type = headers.get('content-type') ?? '';
  // With `stream: true` the SDKs parse any content type as events, except JSON: a server that cannot stream.
  const hasEvents = reader.isStream ? !/\bjson/i.test(type) : /^text\/event-stream/i.test(type);
  if (hasEvents && typeof body?.getReader === 'function') {
    const observed = observeEvents(
      response,
      body,
      reader.events,
      observation,
      attempt.onAbandon,
      attempt.connectionSignal,
    );
    observation.attachTo(attempt.signal);
    observation.attachTo(observed);
    observation.attachTo(observed.headers);
    return observed;
  }
  if (body === null || status === 204 || headers.get('content-length') === '0') {
    observation.attachTo(response);
    observation.settle('complete');
    return response;
  }
  const listener = new BodyListener(attempt, headers.get('x-request-id'));
  observeWhole(response, listener, 'partial', reader.isStream || !touchesBody);
  return response;
}

function observeWhole(
  response: WebResponse,
  listener: AnswerListener & { readonly observation: Observation },
  outcomeWhenGone: Outcome,
  seesStream: boolean,
): void {
  const { observation } = listener;
  observation.attachTo(response);
  observeBody(response, listener, seesStream);
  settleUnread(observation, response, outcomeWhenGone);
}

/** A function of its own, because a closure made beside the response would hold it. */
function settleUnread(observation: Observation, response: object, outcome: Outcome): void {
  observation.settleWhenGone(response, () => {
    observation.warn('nobody read the answer');
    observation.settle(outcome);
  });
}

class BodyListener implements AnswerListener {
  readonly observation: Observation;
  readonly parsed: (value: unknown) => void;
  readonly #attempt: AnsweredAttempt;
  readonly #requestId: string | null;

  constructor(attempt: AnsweredAttempt, requestId: string | null) {
    this.observation = attempt.observation;
    this.parsed = attaching(attempt.observation);
    this.#attempt = attempt;
    this.#requestId = requestId;
  }

  whole(body: AnswerBody): void {
    const { observation } = this;
    const { reader } = this.#attempt;
    observation.content?.whole(body.text);
    try {
      observation.read('body', reader.readBody(body));
      if (body.text.includes('proxy_result')) observation.readResult(body.value);
    } catch (cause) {
      reportUnread(this.#attempt, cause);
    }
    observation.attachToId(this.#requestId);
    observation.settle('complete');
  }

  broke(error: unknown): void {
    this.#attempt.brokeOff(() => this.observation.fail(error, 'partial'));
  }

  dropped(): void {
    this.observation.warn('the caller did not read the answer');
    this.observation.settle('partial');
  }
}

/** The SDKs read the body of a refusal that they throw, and close the body of one after which they retry. */
class RefusalListener implements AnswerListener {
  readonly observation: Observation;
  readonly #attempt: AnsweredAttempt;
  readonly #status: number;

  constructor(attempt: AnsweredAttempt, status: number) {
    this.observation = attempt.observation;
    this.#attempt = attempt;
    this.#status = status;
  }

  parsed(): void {}

  whole({ text, value }: AnswerBody): void {
    this.observation.content?.whole(text);
    this.#fail(value);
  }

  broke(): void {
    this.#fail(undefined);
  }

  dropped(): void {
    this.#attempt.refused(this.#status, () => this.#fail(undefined));
  }

  #fail(body: unknown): void {
    this.observation.fail(refusal(this.#status, body));
  }
}

/**
 * Also attaches the receipt to the object that the SDK parses. A top-level function, because it lives as long as the
 * response and must not retain the attempt and its prompt.
 */
function attaching(observation: Observation): (value: unknown) => void {
  return (value) => observation.attachTo(value);
}
