import type { ServerRequest } from './listen.ts';
import type { HeaderList, RawRequest } from './sigv4-canonical-request.ts';

/**
 * Reads a request to its end, and decodes nothing.
 *
 * @returns The request, and whether all of it arrived: a caller may leave while sending.
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
  const headers = pairUp(incoming.rawHeaders);
  return { raw: { method, path, query: query.join('?'), headers, body: Buffer.concat(chunks) }, isComplete };
}

/** Headers by lower-case name, several of one name joined with `, ` (RFC 9110, section 5.3). */
export function headerRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    record[key] = record[key] === undefined ? value : `${record[key]}, ${value}`;
  }
  return record;
}

function pairUp(rawHeaders: readonly string[]): HeaderList {
  const pairs: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return pairs;
}
