import { type ProviderAnswer, type RecordedRequest, startOpenAI } from '@payi/testkit';

/** One request as the provider got it. */
export interface ProviderRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: RecordedRequest['headers'];
  readonly body: string;
  /** Events written so far. */
  readonly eventsWritten: number;
  /** `aborted`: the client closed the connection before the answer was written. */
  readonly answered: RecordedRequest['answered'];
}

/** What to answer with. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | {
      /** Text of events, `data: …` and all; written one by one. */
      readonly events: readonly string[];
      readonly delayMs?: number;
      /** Is waited for before the event with this index. */
      readonly pace?: (index: number) => Promise<void>;
      /** Drops the connection after the last event. */
      readonly drop?: boolean;
      /** Leaves the connection open after the last event. */
      readonly stall?: boolean;
      readonly headers?: Record<string, string>;
    }
  | { readonly disconnect: true }
  | { readonly silence: true };

export interface Provider {
  readonly url: string;
  readonly requests: ProviderRequest[];
  /** The answers to come, in order. After the last, it is repeated. */
  answerWith(...answers: Answer[]): void;
  /** Decides by the request, until {@link answerWith} is called again. */
  answerBy(choose: (request: ProviderRequest) => Answer): void;
  close(): Promise<void>;
}

/** A local OpenAI that answers what it is told to, and forgets its requests when it is told anew. */
export async function startProvider(): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  let choose: (request: ProviderRequest) => Answer | undefined = () => undefined;
  const { url, close } = await startOpenAI({
    answer: (received) => {
      const request = asText(received);
      requests.push(request);
      const answer = choose(request);
      if (answer === undefined) throw new Error('no answer was given');
      return toScript(answer);
    },
  });
  const answerBy: Provider['answerBy'] = (by) => {
    choose = by;
    requests.length = 0;
  };
  return {
    url,
    requests,
    answerWith: (...answers) => answerBy(() => (answers.length > 1 ? answers.shift() : answers[0]) as Answer),
    answerBy,
    close,
  };
}

function asText(received: RecordedRequest): ProviderRequest {
  const { method, path, query, headers, body } = received;
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    body: new TextDecoder().decode(body),
    get eventsWritten() {
      return received.eventsWritten;
    },
    get answered() {
      return received.answered;
    },
  };
}

function toScript(answer: Answer): ProviderAnswer {
  if ('silence' in answer) return { json: null, faults: { stallAfterEvents: 0 } };
  if ('disconnect' in answer) return { json: null, faults: { dropAfterEvents: 0 } };
  const headers = { 'x-request-id': 'req_1', ...answer.headers };
  if ('json' in answer) return { ...answer, headers };
  const { events, delayMs = 0, pace, drop, stall } = answer;
  return {
    headers,
    events: events.map((bytes) => ({ bytes, delayMs })),
    ...(pace && { pace }),
    faults: {
      ...(drop && { dropAfterEvents: events.length }),
      ...(stall && { stallAfterEvents: events.length }),
    },
  };
}
