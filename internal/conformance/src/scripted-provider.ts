import { listen, type RunningServer } from '@payi/testkit';
import { readRequest } from '../../../packages/testkit/src/read-request.ts';
import type { RawRequest } from '../../../packages/testkit/src/sigv4-canonical-request.ts';
import type { WireEvent } from './stream-formats.ts';

/** The answer to a call: a stream, or a whole body, which is one event. */
export interface Script {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A function gets the text of the request. */
  readonly events: readonly WireEvent[] | ((asked: string) => readonly WireEvent[]);
  /** Is waited for before the event with this index, and before the ending with the number of events. */
  pace?(index: number): Promise<void>;
  /**
   * `end`: as it should. `cut`: the connection is broken. `stall`: not until the client leaves. Without an answer:
   * `drop`, the connection is broken at once, and `silence`, nothing until the client leaves.
   */
  readonly ending: 'end' | 'cut' | 'stall' | 'drop' | 'silence';
}

/** A request, and what became of its answer. */
export interface SentStream {
  readonly request: RawRequest;
  readonly headers: Readonly<Record<string, unknown>>;
  eventsWritten: number;
  /** `aborted`: the client closed it. */
  ended: 'pending' | 'complete' | 'cut' | 'aborted';
}

/** A provider that answers each call with what a test has written for it. */
export interface ScriptedProvider extends RunningServer {
  readonly streams: readonly SentStream[];
  answerNext(...scripts: Script[]): void;
}

export async function startScriptedProvider(contentType: string): Promise<ScriptedProvider> {
  const streams: SentStream[] = [];
  const scripts: Script[] = [];
  const server = await listen(async (incoming, response) => {
    const { raw: request } = await readRequest(incoming);
    const stream: SentStream = { request, headers: incoming.headers, eventsWritten: 0, ended: 'pending' };
    streams.push(stream);
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (stream.ended === 'pending') stream.ended = 'aborted';
        resolve();
      });
    });
    const script = scripts.shift();
    if (script === undefined) throw new Error('no answer was written for this call');
    const { status = 200, headers, ending, pace } = script;
    const cut = (): void => {
      stream.ended = 'cut';
      response.destroy();
    };
    if (ending === 'silence') return;
    if (ending === 'drop') {
      cut();
      return;
    }
    const text = Buffer.from(request.body).toString();
    const events = typeof script.events === 'function' ? script.events(text) : script.events;
    response.writeHead(status, { 'content-type': contentType, ...headers });
    response.flushHeaders();
    for (const [index, event] of events.entries()) {
      await Promise.race([closed, pace?.(index)]);
      if (stream.ended !== 'pending') return;
      const written = new Promise<void>((resolve) => response.write(event, () => resolve()));
      await Promise.race([closed, written]);
      stream.eventsWritten += 1;
    }
    await Promise.race([closed, pace?.(events.length)]);
    if (stream.ended !== 'pending' || ending === 'stall') return;
    if (ending === 'cut') cut();
    else {
      response.end(() => {
        stream.ended = 'complete';
      });
    }
  });
  return { ...server, streams, answerNext: (...next) => void scripts.push(...next) };
}
