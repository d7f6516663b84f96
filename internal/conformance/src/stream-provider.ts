import { listen, type RunningServer } from '@payi/testkit';
import type { WireEvent } from './stream-formats.ts';

/** The stream that a call is answered with. */
export interface StreamScript {
  readonly events: readonly WireEvent[];
  /** Is waited for before the event with this index, and before the ending with the number of events. */
  pace?(index: number): Promise<void>;
  /** `end`: as it should. `cut`: the connection is broken. `stall`: not until the client leaves. */
  readonly ending: 'end' | 'cut' | 'stall';
}

/** What became of a stream. */
export interface SentStream {
  readonly headers: Readonly<Record<string, unknown>>;
  eventsWritten: number;
  /** `aborted`: the client closed it. */
  ended: 'pending' | 'complete' | 'cut' | 'aborted';
}

/** A provider that answers each call with the stream that a test has written for it. */
export interface StreamProvider extends RunningServer {
  readonly streams: readonly SentStream[];
  answerNext(script: StreamScript): void;
}

export async function startStreamProvider(contentType: string): Promise<StreamProvider> {
  const streams: SentStream[] = [];
  const scripts: StreamScript[] = [];
  const server = await listen(async (request, response) => {
    for await (const _ of request);
    const stream: SentStream = { headers: request.headers, eventsWritten: 0, ended: 'pending' };
    streams.push(stream);
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (stream.ended === 'pending') stream.ended = 'aborted';
        resolve();
      });
    });
    const script = scripts.shift();
    if (script === undefined) throw new Error('no stream was written for this call');
    response.writeHead(200, { 'content-type': contentType });
    response.flushHeaders();
    for (const [index, event] of script.events.entries()) {
      await Promise.race([closed, script.pace?.(index)]);
      if (stream.ended !== 'pending') return;
      const written = new Promise<void>((resolve) => response.write(event, () => resolve()));
      await Promise.race([closed, written]);
      stream.eventsWritten += 1;
    }
    await Promise.race([closed, script.pace?.(script.events.length)]);
    if (stream.ended !== 'pending' || script.ending === 'stall') return;
    if (script.ending === 'cut') {
      stream.ended = 'cut';
      response.destroy(new Error('cut'));
    } else {
      response.end(() => {
        stream.ended = 'complete';
      });
    }
  });
  return { ...server, streams, answerNext: (script) => void scripts.push(script) };
}
