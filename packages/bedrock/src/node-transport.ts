// Only Bedrock's proxied calls need a transport: the SDK's default handler speaks HTTP/2, which Pay-i's proxy does not.
import type { ClientRequest, IncomingHttpHeaders, RequestOptions } from 'node:http';
import { targetOf } from './address.ts';
import type { HttpRequest, HttpResponse } from './client.ts';

type Transport = (request: HttpRequest, abortSignal: AbortSignal | undefined) => Promise<HttpResponse>;
type NodeRequest = (options: RequestOptions) => ClientRequest;

/**
 * HTTP/1.1 over Node's own client and its global agent, which keeps connections alive and lets the process end.
 *
 * `fetch` would be shorter, but it gives up on an answer after five minutes and adds headers of its own.
 *
 * @param protocol - `http:` or `https:`.
 * @returns `undefined` outside Node; the caller then uses the client's own handler.
 */
export function nodeTransport(protocol: string): Transport | undefined {
  // Not an import: bundlers for browsers must be able to leave it out. Node 22 and 24 (20 from 20.16), Bun, Deno 2.
  const module = globalThis.process?.getBuiltinModule?.(protocol === 'https:' ? 'node:https' : 'node:http');
  if (module === undefined) return undefined;
  const { request: send } = module as { request: NodeRequest };
  return (request, abortSignal) =>
    new Promise((resolve, reject) => {
      if (abortSignal?.aborted) {
        reject(abortError(abortSignal));
        return;
      }
      const outgoing = send({
        protocol: request.protocol,
        hostname: request.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: request.port,
        method: request.method,
        path: targetOf(request),
        headers: request.headers,
      });
      outgoing.once('response', (incoming) => {
        resolve({
          statusCode: incoming.statusCode ?? -1,
          reason: incoming.statusMessage,
          headers: joinHeaders(incoming.headers),
          body: incoming,
        });
      });
      outgoing.on('error', (error) => reject(asTimeout(error)));
      if (abortSignal !== undefined) {
        const abort = (): void => {
          outgoing.destroy();
          reject(abortError(abortSignal));
        };
        abortSignal.addEventListener('abort', abort, { once: true });
        outgoing.once('close', () => abortSignal.removeEventListener('abort', abort));
      }
      writeBody(outgoing, request.body);
    });
}

function writeBody(outgoing: ClientRequest, body: unknown): void {
  if (typeof (body as NodeJS.ReadableStream | undefined)?.pipe === 'function') {
    (body as NodeJS.ReadableStream).pipe(outgoing);
  } else if (body === undefined || body === null) {
    outgoing.end();
  } else {
    outgoing.end(body as string | Uint8Array);
  }
}

function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return joined;
}

/** The SDK's retry strategy retries errors of this name, which its own handlers set. */
function asTimeout(error: NodeJS.ErrnoException): Error {
  const transient = error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ETIMEDOUT';
  return transient ? Object.assign(error, { name: 'TimeoutError' }) : error;
}

/** The same error as the SDK's own handlers reject with. */
function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  const error =
    reason instanceof Error || reason === undefined
      ? new Error('Request aborted', { cause: reason })
      : new Error(String(reason));
  return Object.assign(error, { name: 'AbortError' });
}
