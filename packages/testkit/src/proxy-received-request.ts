import type { ServerRequest } from './listen.ts';
import { readBody } from './proxy-relay.ts';

/** A request exactly as it came over the wire. */
export interface ReceivedRequest {
  method: string;
  /** Path and query, still percent-encoded. */
  path: string;
  /** Names in lower case; a header that came several times has its values joined with `, `. */
  headers: Record<string, string>;
  /** Names and values in turn, in the order and spelling of the wire. */
  rawHeaders: string[];
  body: Buffer;
  /** `1.1` or `2.0`. */
  httpVersion: string;
}

/** @throws When the client breaks off before the end of the body. */
export async function receiveRequest(request: ServerRequest): Promise<ReceivedRequest> {
  const body = await readBody(request);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    rawHeaders: [...request.rawHeaders],
    body,
    httpVersion: request.httpVersion,
  };
}
