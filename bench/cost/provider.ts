import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Payi } from '@payi/core';
import type { HeaderRecord } from './annotations.ts';
import type { Answer } from './answers.ts';
import type { Tally } from './tally.ts';

/** Sends one call and reads its answer. `headers` are those of this call, in the SDK's own way to give them. */
export type Send = (headers?: HeaderRecord) => Promise<unknown>;

/** What a provider's client is made with. */
export interface Setup {
  readonly require: NodeJS.Require;
  /** For a client that is observed by Pay-i. */
  readonly payi?: Payi;
  /** For Bedrock: annotations that AWS is to keep, and their keys there. */
  readonly requestMetadata?: Readonly<Record<string, string>>;
  /** For a client that takes its headers from a context by hand, and whose usage is read by hand. */
  readonly storage?: AsyncLocalStorage<HeaderRecord>;
  readonly tally: Tally;
  readonly isStreamed: boolean;
  /** The answer to a request that has reached the transport with these headers. */
  answer(headers: Headers | HeaderRecord): Answer;
}

/** A `fetch` that answers at once. By hand, it also sets the headers of the context on the request that the SDK built. */
export function fetchOf({ answer, isStreamed, storage }: Setup, idHeader: string): typeof fetch {
  const contentType = isStreamed ? 'text/event-stream' : 'application/json';
  const canned: typeof fetch = async (_url, init) => {
    const { id, chunks } = answer(init?.headers as Headers);
    return new Response(isStreamed ? streamOf(chunks) : chunks[0], {
      headers: { 'content-type': contentType, [idHeader]: id },
    });
  };
  if (storage === undefined) return canned;
  return (url, init) => {
    const headers = storage.getStore();
    const sent = init?.headers as Headers;
    for (const name in headers) sent.set(name, headers[name] as string);
    return canned(url, init);
  };
}

function streamOf(chunks: Answer['chunks']): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = chunks[next];
        next += 1;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
}
