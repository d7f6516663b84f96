import {
  type AnswerBody,
  type AnswerListener,
  type Observation,
  observeAnswer,
  observeEvents,
  readAnthropicMessage,
  refusal,
  type SignalShield,
  settleUnread,
} from '@payi/core/adapter';
import type { Call } from './call.ts';
import { awaitAttempt } from './failed-attempt.ts';
import { eventReader } from './read-event.ts';
import type { ApiRequest, CallOptions } from './sdk.ts';

/**
 * Looks on while the SDK reads an answer: on Bedrock, too, in the format of Anthropic's own API.
 *
 * @param request - As the SDK made it: its signal is that of the stream the caller gets.
 * @returns The response to hand on.
 */
export function observeResponse(
  call: Call,
  response: Response,
  request: ApiRequest,
  options: CallOptions,
  shield: SignalShield | undefined,
): Response {
  const { observation, registration } = call;
  if (!response.ok) {
    observeRefusal(call, response, options);
    return response;
  }
  if (options.stream !== true || response.body === null) {
    observeMessage(call, response);
    return response;
  }
  const observed = observeEvents(
    response,
    response.body,
    eventReader(call),
    observation,
    registration.onAbandon,
    shield,
  );
  observation.attachTo(observed);
  observation.attachTo(observed.headers);
  // `Stream.controller.signal`.
  observation.attachTo(request.signal);
  return observed as Response;
}

function observeMessage({ observation }: Call, response: Response): void {
  observation.attachTo(response);
  const { body, status, headers } = response;
  if (body === null || status === 204 || headers.get('content-length') === '0') {
    // Of an empty answer the SDK reads nothing.
    observation.settle('complete');
    return;
  }
  // The SDK looks at the `body` of every answer, hence not through it: who reads the stream of a message that is none
  // has to be content with a record that says that it was not read.
  observeAnswer(response, new MessageListener(observation), false);
  settleUnread(observation, response, 'partial');
}

class MessageListener implements AnswerListener {
  readonly #observation: Observation;

  constructor(observation: Observation) {
    this.#observation = observation;
  }

  /** The SDK makes the caller's message of it: the same object. */
  readonly parsed = (message: unknown): void => this.#observation.attachTo(message);

  whole({ value, text }: AnswerBody): void {
    this.#observation.content?.whole(text);
    this.#observation.readResult(value);
    this.#observation.read('body', readAnthropicMessage(value));
    this.#observation.settle('complete');
  }

  broke(error: unknown): void {
    this.#observation.fail(error, 'partial');
  }

  dropped(): void {
    this.#observation.warn('nobody read the answer');
    this.#observation.settle('partial');
  }
}

/** The SDK reads the answer only if it gives up, and drops it when it tries again. */
function observeRefusal(call: Call, response: Response, options: CallOptions): void {
  const { observation } = call;
  const { status, headers } = response;
  observation.endedAtMs = performance.now();
  observation.attachTo(response);
  observation.attachTo(headers);
  observeAnswer(response, {
    parsed() {},
    whole({ value, text }) {
      observation.content?.whole(text);
      observation.fail(refusal(status, value));
    },
    broke(error) {
      observation.fail(error);
    },
    dropped() {
      awaitAttempt(call, refusal(status, undefined), options, Number.POSITIVE_INFINITY);
    },
  });
}
