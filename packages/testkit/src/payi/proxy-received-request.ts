import { type HeaderList, headerRecord, pairHeaders } from '../header-list.ts';
import type { ServerRequest } from '../listen.ts';
import { readBody } from './proxy-relay.ts';

/** A request as received. */
export interface ReceivedRequest {
  method: string;
  /** Path and query, still percent-encoded. */
  path: string;
  /** The headers by lower-case name, repeats joined with `, `. Over HTTP/2 with pseudo-headers, e.g. `:authority`. */
  headers: Readonly<Record<string, string>>;
  /** The headers in the order and case in which they were received. */
  rawHeaders: HeaderList;
  body: Buffer;
  /** `1.1` or `2.0`. */
  httpVersion: string;
}

/** @throws If the client disconnects before the end of the body. */
export async function receiveRequest(request: ServerRequest): Promise<ReceivedRequest> {
  const body = await readBody(request);
  const rawHeaders = pairHeaders(request.rawHeaders);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: headerRecord(rawHeaders),
    rawHeaders,
    body,
    httpVersion: request.httpVersion,
  };
}
