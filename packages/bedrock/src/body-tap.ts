// Only the AWS SDK parses answers in its middleware, so the raw body is prepared before that.
import { joinBytes } from '@payi/core/adapter';
import type { HttpResponse } from './client.ts';

type Chunk = Uint8Array;

/** The body of an answer, in one of the forms that request handlers return. */
interface Body extends Partial<AsyncIterable<Chunk>>, Partial<Pick<ReadableStream<Chunk>, 'getReader'>> {
  destroy?(): unknown;
  /** Of a `Blob`. */
  arrayBuffer?(): Promise<ArrayBuffer>;
}

/**
 * Makes it possible to close the body of an event stream from outside, and optionally to look at it.
 *
 * A Node stream can be closed directly. A web stream is locked by its reader, here the AWS SDK, so an iterable replaces
 * it; the SDK reads any iterable. Any other body is left to the SDK, which reports what is wrong.
 *
 * @param response - Changed in place: it belongs to the SDK, which has not read it yet.
 * @param onChunk - Receives each chunk before the SDK does. Must not throw.
 * @returns Closes the connection. Does not throw, and does nothing once the body has ended.
 */
export function tapBody(response: HttpResponse, onChunk?: (chunk: Chunk) => void): () => void {
  const body = Object(response.body) as Body;
  const isNodeStream = typeof body.destroy === 'function';
  if (isNodeStream && onChunk === undefined) return () => body.destroy?.();
  if (!isStream(body)) return () => {};

  let reading: AsyncIterator<Chunk> | undefined;
  response.body = {
    [Symbol.asyncIterator]() {
      const inner = iterate(body);
      reading = inner;
      if (onChunk === undefined) return inner;
      return {
        next: () =>
          inner.next().then((result) => {
            if (result.done !== true) onChunk(result.value);
            return result;
          }),
        return: (value?: unknown) => inner.return?.(value) ?? Promise.resolve({ done: true, value }),
      };
    },
  };
  return () => {
    if (isNodeStream) body.destroy?.();
    else reading?.return?.()?.then(undefined, () => {});
  };
}

function isStream(body: Body): boolean {
  return typeof body.getReader === 'function' || typeof body[Symbol.asyncIterator] === 'function';
}

/** A web stream's own iterator closes only after a pending read, which a silent server never ends. */
function iterate(body: Body): AsyncIterator<Chunk> {
  const reader = body.getReader?.();
  if (reader === undefined) return (body as AsyncIterable<Chunk>)[Symbol.asyncIterator]();
  return {
    async next() {
      const result = await reader.read();
      // As the SDK does, which may ask an answer that it has read again.
      if (result.done) reader.releaseLock();
      return result as IteratorResult<Chunk>;
    },
    return: async (value?: unknown) => {
      await reader.cancel();
      return { done: true, value };
    },
  };
}

/**
 * Reads a whole body and replaces it by its bytes, which the SDK accepts as well.
 *
 * @returns `undefined` if the body has no readable form, and stays, or if reading failed. After a failure, a stream that
 *   fails with the same error replaces the body, so that the SDK reports it as usual.
 */
export async function collectBody(response: HttpResponse): Promise<Uint8Array | undefined> {
  if (response.body instanceof Uint8Array) return response.body;
  const body = Object(response.body) as Body;
  try {
    const bytes =
      typeof body.arrayBuffer === 'function'
        ? new Uint8Array(await body.arrayBuffer())
        : isStream(body)
          ? joinBytes(await chunksOf(iterate(body)))
          : undefined;
    if (bytes !== undefined) response.body = bytes;
    return bytes;
  } catch (error) {
    response.body = new ReadableStream({ pull: (controller) => controller.error(error) });
    return undefined;
  }
}

async function chunksOf(chunks: AsyncIterator<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) all.push(next.value);
  return all;
}
