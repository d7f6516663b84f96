import { setTimeout as sleep } from 'node:timers/promises';
import { listen, type RunningServer } from '@payi/testkit';

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
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
  eventsWritten: number;
  ended: 'pending' | 'complete' | 'aborted';
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
 * A local Messages API: answers what it is told to, in the wire format of the real one.
 *
 * @param newId - The id of an answer that nobody scripted.
 */
export async function startAnthropic(newId = () => message.id): Promise<RunningAnthropic> {
  const requests: ReceivedCall[] = [];
  const scripts: Script[] = [];
  const server = await listen(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const received: ReceivedCall = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers as Record<string, string>,
      json: JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>,
      eventsWritten: 0,
      ended: 'pending',
    };
    requests.push(received);
    let isGone = false;
    response.once('close', () => {
      isGone = true;
      if (received.ended === 'pending') received.ended = 'aborted';
    });
    const script = scripts.shift() ?? {};
    if (script.delayMs !== undefined) await sleep(script.delayMs);
    if (isGone) return;
    const base = { 'request-id': 'req_01', ...script.headers };
    if (script.dropAfterEvents === 0) {
      response.destroy();
      return;
    }
    if (script.error !== undefined || received.json.stream !== true) {
      const body = script.error?.body ?? script.message ?? answerTo(received, newId());
      response.writeHead(script.error?.status ?? 200, { ...base, 'content-type': 'application/json' });
      if (script.dropInBody === true) {
        response.write('{"id":"msg_01",');
        await sleep(20);
        response.destroy();
        return;
      }
      received.ended = 'complete';
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
      return;
    }
    response.writeHead(200, { ...base, 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    for (const event of script.events ?? eventsOf(['Hello', ' there'], undefined, newId())) {
      if (script.eventDelayMs !== undefined) await sleep(script.eventDelayMs);
      if (isGone) return;
      if (received.eventsWritten === script.dropAfterEvents) {
        response.destroy();
        return;
      }
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      received.eventsWritten += 1;
    }
    received.ended = 'complete';
    response.end();
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

function answerTo({ path, json }: ReceivedCall, id: string): unknown {
  if (path.includes('count_tokens')) return { input_tokens: 7 };
  if (path.startsWith('/v1/models')) return { data: [], has_more: false, first_id: null, last_id: null };
  if (path.includes('batches')) return { id: 'msgbatch_01', type: 'message_batch' };
  return { ...message, id, model: json.model };
}
