import { pairHeaders } from './header-list.ts';
import type { ServerRequest } from './listen.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';

/**
 * Reads a request to its end without decoding it.
 *
 * @returns The request, and whether it arrived completely: a caller can disconnect while sending.
 */
export async function readRequest(
  incoming: ServerRequest,
): Promise<{ raw: RawRequest; isComplete: boolean }> {
  const chunks: Uint8Array[] = [];
  let isComplete = true;
  try {
    for await (const chunk of incoming) chunks.push(chunk);
  } catch {
    isComplete = false;
  }
  const { method = '', url = '' } = incoming;
  const [path = '', ...query] = url.split('?');
  const headers = pairHeaders(incoming.rawHeaders);
  return { raw: { method, path, query: query.join('?'), headers, body: Buffer.concat(chunks) }, isComplete };
}
