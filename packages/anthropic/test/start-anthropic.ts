import {
  type ProviderAnswer,
  type ProviderRequest,
  type RunningServer,
  startAnthropic as startLocalAnthropic,
} from '@payi/testkit';

/** One event of a stream: sent as `event: <type>` and `data: <JSON>`. */
export type ScriptedEvent = { readonly type: string; readonly [member: string]: unknown };

/** What the provider does with one call. */
export interface Script {
  /** Status and body of a refusal. */
  readonly error?: { readonly status: number; readonly body: unknown };
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly events?: readonly ScriptedEvent[];
  /** Time before each event. */
  readonly eventDelayMs?: number;
  /** Time before the answer. */
  readonly delayMs?: number;
  /** Breaks the connection off in the middle of an answer that is no stream. */
  readonly dropInBody?: boolean;
  /** Breaks the connection off after so many events; with 0, before the answer. */
  readonly dropAfterEvents?: number;
}

export interface ReceivedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
  readonly eventsWritten: number;
  readonly ended: ProviderRequest['answered'];
}

export interface RunningAnthropic extends RunningServer {
  readonly requests: ReceivedCall[];
  last(): ReceivedCall;
  answerNext(...scripts: Script[]): void;
}

export const message = {
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-5',
  content: [{ type: 'text', text: 'Hello there' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 34 },
};

/** The events of an answer, one delta for each piece of text. */
export function eventsOf(
  pieces: readonly string[],
  usage: Readonly<Record<string, unknown>> = { input_tokens: 12, output_tokens: 34 },
  id = message.id,
): ScriptedEvent[] {
  const { output_tokens, ...input } = usage;
  return [
    {
      type: 'message_start',
      message: { ...message, id, content: [], stop_reason: null, usage: { ...input, output_tokens: 1 } },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...pieces.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens },
    },
    { type: 'message_stop' },
  ];
}

/**
 * A local Messages API whose answers are known to the last member.
 *
 * @param newId - The id of an answer that nobody scripted.
 */
export async function startAnthropic(newId = () => message.id): Promise<RunningAnthropic> {
  const requests: ReceivedCall[] = [];
  const scripts: Script[] = [];
  const server = await startLocalAnthropic({
    answer: (request) => {
      requests.push(asCall(request));
      return toAnswer(request, scripts.shift() ?? {}, newId());
    },
  });
  return {
    ...server,
    requests,
    last() {
      const request = requests.at(-1);
      if (request === undefined) throw new Error('the provider received nothing');
      return request;
    },
    answerNext: (...next) => {
      scripts.push(...next);
    },
  };
}

function asCall(request: ProviderRequest): ReceivedCall {
  const { method, path, query, headers, json = {} } = request;
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    json,
    get eventsWritten() {
      return request.eventsWritten;
    },
    get ended() {
      return request.answered;
    },
  };
}

function toAnswer(request: ProviderRequest, script: Script, id: string): ProviderAnswer {
  const { error, delayMs = 0, eventDelayMs = 0, dropAfterEvents } = script;
  const options = {
    headers: { 'request-id': 'req_01', ...script.headers },
    delayMs,
    faults: {
      ...(dropAfterEvents !== undefined && { dropAfterEvents }),
      ...(script.dropInBody && { dropAfterBytes: 15 }),
    },
  };
  if (error !== undefined || request.json?.stream !== true) {
    const { status = 200, body = script.message ?? wholeAnswer(request, id) } = error ?? {};
    if (typeof body !== 'string') return { ...options, status, json: body };
    return { ...options, status, bytes: Buffer.from(body), contentType: 'application/json' };
  }
  const events = script.events ?? eventsOf(['Hello', ' there'], undefined, id);
  return { ...options, events: events.map((data) => ({ data, delayMs: eventDelayMs })) };
}

function wholeAnswer({ path, json }: ProviderRequest, id: string): unknown {
  if (path.includes('count_tokens')) return { input_tokens: 7 };
  if (path.startsWith('/v1/models')) return { data: [], has_more: false, first_id: null, last_id: null };
  if (path.includes('batches')) return { id: 'msgbatch_01', type: 'message_batch' };
  return { ...message, id, model: json?.model };
}
