import type { ServerRequest } from './listen.ts';
import { pairHeaders } from './proxy-headers.ts';
import { readBody } from './proxy-relay.ts';
import type { HeaderList } from './sigv4-canonical-request.ts';

/** A request exactly as it came over the wire. */
export interface ReceivedRequest {
  method: string;
  /** Path and query, still percent-encoded. */
  path: string;
  /** The headers by lower-case name, several of one name joined with `, `. Over HTTP/2 with `:authority` and the like. */
  headers: Readonly<Record<string, string>>;
  /** The headers in the order and case in which they were received. */
  rawHeaders: HeaderList;
  body: Buffer;
  /** `1.1` or `2.0`. */
  httpVersion: string;
}

/** @throws When the client breaks off before the end of the body. */
export async function receiveRequest(request: ServerRequest): Promise<ReceivedRequest> {
  const body = await readBody(request);
  const rawHeaders = pairHeaders(request.rawHeaders);
  const headers: Record<string, string> = {};
  for (const [name, value] of rawHeaders) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    rawHeaders,
    body,
    httpVersion: request.httpVersion,
  };
}
