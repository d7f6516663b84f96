// Only Bedrock's proxied calls need a sender: the SDK's default handler speaks HTTP/2, which Pay-i's proxy may not speak.
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { socketHost, targetOf } from './address.ts';
import type { Answered, HandlerConfig, HandlerOptions, HttpRequest } from './client.ts';

type Send = (
  request: HttpRequest,
  options: HandlerOptions,
  config: HandlerConfig,
  connectTimeoutMs?: number,
) => Answered;
type NodeRequest = (options: RequestOptions) => ClientRequest;

/**
 * Sends over HTTP/1.1 with Node's own client and global agent, which keeps connections alive and lets the process end.
 * Abort signals, time limits and TLS options work as in the SDK's HTTP/2 handler, except that an aborted or stalled
 * stream fails, as in the SDK's HTTP/1.1 handler, instead of ending as if it were whole.
 *
 * `fetch` would be shorter, but it gives up on an answer after five minutes and adds headers of its own.
 *
 * @param protocol - `http:` or `https:`.
 * @returns `undefined` in browsers and old Node; the caller then uses the client's own handler.
 */
export function http1Sender(protocol: string): Send | undefined {
  // Not an import: bundlers for browsers must be able to leave it out. Works in Node from 20.16, Bun, Deno 2.
  const module = globalThis.process?.getBuiltinModule?.(protocol === 'https:' ? 'node:https' : 'node:http');
  if (module === undefined) return undefined;
  const { request: open } = module as { request: NodeRequest };
  return (request, options, config, connectTimeoutMs) =>
    new Promise((resolve, reject) => {
      const { abortSignal } = options;
      if (abortSignal?.aborted) {
        reject(abortError(abortSignal));
        return;
      }
      const outgoing = open({
        // The members that follow override options for HTTP/2.
        ...config.nodeHttp2ConnectOptions,
        createConnection: undefined,
        ALPNProtocols: ['http/1.1'],
        protocol: request.protocol,
        hostname: socketHost(request.hostname),
        port: request.port,
        method: request.method,
        path: targetOf(request),
        headers: request.headers,
      } as RequestOptions);
      let incoming: IncomingMessage | undefined;
      outgoing.once('response', (body) => {
        incoming = body;
        const { statusCode = -1, statusMessage: reason } = body;
        resolve({ response: { statusCode, reason, headers: joinHeaders(body.headers), body } });
      });
      outgoing.on('error', (error) => reject(asTimeout(error)));
      const { requestTimeout, sessionTimeout, defaultSocketTimeout } = config;
      const limitMs = options.requestTimeout ?? requestTimeout ?? sessionTimeout ?? defaultSocketTimeout ?? 0;
      if (limitMs > 0) {
        outgoing.setTimeout(limitMs, () => {
          const error = named('TimeoutError', `Stream timed out because of no activity for ${limitMs} ms`);
          (incoming ?? outgoing).destroy(error);
        });
      }
      if (connectTimeoutMs !== undefined) limitConnecting(outgoing, connectTimeoutMs);
      if (abortSignal !== undefined) {
        const abort = (): void => {
          reject(abortError(abortSignal));
          outgoing.destroy();
        };
        abortSignal.addEventListener('abort', abort, { once: true });
        outgoing.once('close', () => abortSignal.removeEventListener('abort', abort));
      }
      writeBody(outgoing, request.body);
    });
}

/** Fails a slow connection with the system's own error for it. */
function limitConnecting(outgoing: ClientRequest, limitMs: number): void {
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${limitMs} ms`);
    outgoing.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }));
  }, limitMs);
  const stop = (): void => clearTimeout(timer);
  outgoing.once('close', stop);
  outgoing.once('socket', (socket) => {
    if (socket.connecting) socket.once(outgoing.protocol === 'https:' ? 'secureConnect' : 'connect', stop);
    else stop();
  });
}

function writeBody(outgoing: ClientRequest, body: unknown): void {
  if (typeof (body as NodeJS.ReadableStream | undefined)?.pipe === 'function') {
    const stream = body as NodeJS.ReadableStream;
    stream.on('error', (error: Error) => outgoing.destroy(error));
    stream.pipe(outgoing);
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
function abortError({ reason }: AbortSignal): Error {
  return reason instanceof Error || reason === undefined
    ? named('AbortError', 'Request aborted', { cause: reason })
    : named('AbortError', String(reason));
}

function named(name: string, message: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), { name });
}
