import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AttemptPlan, planOfAttempt, secrets } from './plan.ts';

/** All three providers in one server, which says what it saw. */
export interface Provider extends AsyncDisposable {
  readonly url: string;
  /** What it did with each attempt of each call that reached it. */
  readonly calls: ReadonlyMap<number, readonly AttemptPlan[]>;
  /** Requests with a secret that is not theirs. */
  readonly leaks: readonly string[];
}

export async function startProvider(seed: number): Promise<Provider> {
  const calls = new Map<number, AttemptPlan[]>();
  const leaks: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request).catch(() => undefined);
    // It was killed in the middle of its request.
    if (body === undefined) return;
    if ((JSON.stringify(request.rawHeaders) + body).includes(secrets.payi)) leaks.push(request.url ?? '');
    const call = Number(/call (\d+)/.exec(body)?.[1]);
    const attempts = calls.get(call) ?? [];
    calls.set(call, attempts);
    const plan = planOfAttempt(seed, call, attempts.length);
    attempts.push(plan);
    answer(request, body, response, plan);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    leaks,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(request: IncomingMessage, body: string, response: ServerResponse, plan: AttemptPlan): void {
  if (plan.fault === 'reset') {
    request.socket.destroy();
    return;
  }
  const requestId = plan.id === undefined ? {} : { 'x-amzn-requestid': plan.id };
  if (plan.fault === 'status') {
    // As providers do, with the key of the caller in the message.
    const message = `refused: ${request.headers.authorization ?? request.headers['x-api-key']}`;
    const headers = { 'content-type': 'application/json', 'retry-after-ms': '1', ...requestId };
    response.writeHead(plan.status, headers).end(JSON.stringify({ message, error: { message } }));
    return;
  }
  const path = request.url ?? '';
  const isStream = body.includes('"stream":true');
  const text = path.includes('/converse')
    ? JSON.stringify({
        output: { message: { role: 'assistant', content: [{ text: 'yes' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: plan.input, outputTokens: plan.output, totalTokens: plan.input + plan.output },
        metrics: { latencyMs: 1 },
      })
    : path.includes('/chat/completions')
      ? chatAnswer(plan, isStream)
      : messagesAnswer(plan, isStream);
  const type = isStream ? 'text/event-stream' : 'application/json';
  if (plan.fault === 'none') {
    response.writeHead(200, { 'content-type': type, ...requestId }).end(text);
    return;
  }
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...requestId });
  response.write(text.slice(0, text.length >> 1), () => request.socket.destroy());
}

function chatAnswer({ id, input, output }: AttemptPlan, isStream: boolean): string {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const known = { id, model: 'gpt-4o', created: 1 };
  if (!isStream) {
    const message = { role: 'assistant', content: 'yes' };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    return JSON.stringify({ ...known, object: 'chat.completion', choices, usage });
  }
  const chunk = { ...known, object: 'chat.completion.chunk' };
  return sse([
    { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'yes' }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk, choices: [], usage },
  ]).concat('data: [DONE]\n\n');
}

function messagesAnswer({ id, input, output }: AttemptPlan, isStream: boolean): string {
  const usage = { input_tokens: input, output_tokens: output };
  const known = { id, type: 'message', role: 'assistant', model: 'claude-opus-4-5', stop_sequence: null };
  if (!isStream) {
    const content = [{ type: 'text', text: 'yes' }];
    return JSON.stringify({ ...known, content, stop_reason: 'end_turn', usage });
  }
  const message = { ...known, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  return sse([
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'yes' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } },
    { type: 'message_stop' },
  ]);
}

function sse(events: readonly { readonly type?: string; readonly [member: string]: unknown }[]): string {
  return events
    .map((event) => `${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
    .join('');
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
