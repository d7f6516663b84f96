import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as the provider got it. */
export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Events written so far; for whole answers 0. */
  eventsWritten: number;
  /** `aborted`: the client closed the connection before the answer was written. */
  answered: 'pending' | 'complete' | 'aborted';
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

/** A provider that answers what it is told to. */
export async function startProvider(): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  let answers: Answer[] = [];
  let choose: ((request: ProviderRequest) => Answer) | undefined;
  const server = createServer((incoming, outgoing) => {
    outgoing.setMaxListeners(0);
    void handle(incoming, outgoing);
  });
  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let body = '';
    incoming.setEncoding('utf8');
    for await (const text of incoming) body += text;
    const request: ProviderRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body,
      eventsWritten: 0,
      answered: 'pending',
    };
    requests.push(request);
    outgoing.on('close', () => {
      request.answered = outgoing.writableFinished ? 'complete' : 'aborted';
    });
    const answer = choose?.(request) ?? (answers.length > 1 ? answers.shift() : answers[0]);
    if (answer === undefined) throw new Error('no answer was given');
    await write(answer, outgoing, request);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith(...next) {
      answers = next;
      choose = undefined;
      requests.length = 0;
    },
    answerBy(by) {
      choose = by;
      requests.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function write(answer: Answer, outgoing: ServerResponse, request: ProviderRequest): Promise<void> {
  if ('silence' in answer) return;
  if ('disconnect' in answer) {
    outgoing.destroy();
    return;
  }
  if ('json' in answer) {
    outgoing.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      'x-request-id': 'req_1',
      ...answer.headers,
    });
    outgoing.end(JSON.stringify(answer.json));
    return;
  }
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-request-id': 'req_1',
    ...answer.headers,
  });
  for (const [index, event] of answer.events.entries()) {
    if (outgoing.destroyed) return;
    if (answer.delayMs !== undefined) await sleep(answer.delayMs);
    await answer.pace?.(index);
    const hasRoom = outgoing.write(event);
    request.eventsWritten += 1;
    if (!hasRoom && !outgoing.destroyed) {
      await new Promise<void>((resolve) => {
        outgoing.once('drain', resolve);
        outgoing.once('close', resolve);
      });
    }
  }
  if (answer.stall === true) return;
  if (answer.drop === true) outgoing.destroy();
  else outgoing.end();
}
