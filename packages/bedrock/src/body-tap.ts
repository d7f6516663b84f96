// Only the AWS SDK parses answers out of sight, so the raw body is prepared before it does.
import type { HttpResponse } from './client.ts';

type Chunk = Uint8Array;

interface Destroyable {
  destroy(): unknown;
}

/**
 * Makes the body of an event stream one that can be closed from outside, and optionally looked at.
 *
 * A Node stream can be closed as it is. A web stream is locked by its reader, here the AWS SDK, so the reader is given
 * an iterable in its place; the SDK reads any.
 *
 * @param response - Changed in place: it is the SDK's own, and it is not yet read.
 * @param onChunk - Sees each chunk before the SDK does. Must not throw.
 * @returns Closes the connection. Does not throw, and does nothing once the body has ended.
 */
export function tapBody(response: HttpResponse, onChunk?: (chunk: Chunk) => void): () => void {
  const body = response.body as AsyncIterable<Chunk> & Partial<Destroyable>;
  const isNodeStream = typeof body.destroy === 'function';
  if (isNodeStream && onChunk === undefined) return () => body.destroy?.();

  let reading: AsyncIterator<Chunk> | undefined;
  response.body = {
    [Symbol.asyncIterator]() {
      const inner = body[Symbol.asyncIterator]();
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

/**
 * Reads a whole body and puts the bytes in its place, which the SDK takes as well.
 *
 * @returns `undefined` for a body that broke off. Then a stream is in its place that ends with the same error, so that
 *   the SDK finds it where it would have without this, and tells the caller of the status and the raw response.
 */
export async function collectBody(response: HttpResponse): Promise<Uint8Array | undefined> {
  const chunks: Chunk[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Chunk>) {
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch (error) {
    response.body = new ReadableStream({ pull: (controller) => controller.error(error) });
    return undefined;
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  response.body = bytes;
  return bytes;
}
