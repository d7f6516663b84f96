import { Observation, type ObservedCall } from '../call/observation.ts';
import type { Registration } from '../call/registrations.ts';
import type { WebResponse } from '../web.ts';
import type { FetchRequest } from './attempt.ts';
import type { AnswerReader } from './observe-answer.ts';
import { observeBody } from './observe-body.ts';
import { isStream, observeEvents } from './observe-events.ts';

/** A request without a call of its own. Its body is sent unchanged. */
export interface FollowUp {
  /**
   * Observes its answer.
   *
   * @returns The response to hand on: the one given, or one that replaces it. Does not reject.
   */
  observe(
    response: WebResponse,
    request: FetchRequest,
    registration: Registration,
  ): WebResponse | Promise<WebResponse>;
}

/** A request for an answer that an earlier call began. */
export interface BegunAnswer extends AnswerReader {
  /** The call that began the answer. */
  readonly follows: ObservedCall;
  readonly providerUri: string | undefined;
  /** Whether the answer has not been recorded yet. From now on it has. */
  take(): boolean;
}

/**
 * Records an answer under the annotations of the call that began it, once, when it has its counts. An answer without them
 * leaves no record, because programs ask until there is one.
 *
 * @returns The response to hand on: the one given, or for events one that replaces it.
 */
export function observeBegunAnswer(
  response: WebResponse,
  { follows, providerUri, readBody, events, take }: BegunAnswer,
  { method, url, headers: sent }: FetchRequest,
  { payi, onAbandon }: Registration,
): WebResponse {
  const { ok, status, headers, body } = response;
  if (!ok) return response;
  const observation = new Observation(follows, payi);
  const begin = (): void => {
    observation.attempt({ method, url, headers: sent, body: undefined, providerUri });
    observation.answered({ status, headers });
  };
  const faulted = (cause: unknown): void => {
    if (observation.attempts > 0) observation.giveUp(cause);
    else observation.reportFault('an answer could not be read for its receipt', cause);
  };
  try {
    if (isStream(body) && /^text\/event-stream/i.test(headers.get('content-type') ?? '')) {
      if (!take()) return response;
      begin();
      const observed = observeEvents(response, body, events, observation, onAbandon, undefined);
      observation.attachTo(observed);
      return observed;
    }
    const listener = {
      whole(body: Parameters<typeof readBody>[0]) {
        const reading = readBody(body);
        if (reading.units === undefined || !take()) return;
        begin();
        observation.content?.whole(body.text);
        observation.read('body', reading);
        observation.settle('complete');
      },
      broke() {},
      dropped() {},
      faulted,
    };
    observeBody(response, observation, listener, true);
  } catch (cause) {
    faulted(cause);
  }
  return response;
}
