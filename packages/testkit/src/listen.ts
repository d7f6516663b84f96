import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import * as tls from 'node:tls';
import { createCertificate } from './certificate.ts';

/**
 * The part of a request that HTTP/1.1 and HTTP/2 have in common. Node's `http.IncomingMessage` and
 * `http2.Http2ServerRequest` both have it. Over HTTP/2, `headers` also holds the pseudo-headers (`:authority`,
 * `:path`…).
 */
export interface ServerRequest extends Readable {
  readonly method?: string | undefined;
  /** The path and query as received, still percent-encoded. */
  readonly url?: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  /** Names and values in turn, in the order and case in which they were received. */
  readonly rawHeaders: string[];
  /** `1.1`, `1.0` or `2.0`. */
  readonly httpVersion: string;
}

/** The part of a response that HTTP/1.1 and HTTP/2 have in common. */
export interface ServerResponse extends Writable {
  statusCode: number;
  readonly headersSent: boolean;
  /** Throws if the headers have been sent, as Node.js does. */
  setHeader(name: string, value: number | string | readonly string[]): unknown;
  /** @returns `undefined` for a header that was not set. */
  getHeader(name: string): unknown;
  /** Removes a header that has not been sent. */
  removeHeader(name: string): void;
  /** Sends the status and the headers, including those of `setHeader`. */
  writeHead(statusCode: number, headers?: http.OutgoingHttpHeaders): unknown;
  /** Only over HTTP/2: the stream of this response, which leads to the connection. */
  readonly stream?: { readonly session?: { destroy(): void } | undefined } | undefined;
  /** Sends the status and the headers now rather than with the first byte of the body. */
  flushHeaders(): void;
}

/** Answers one request. If it throws or rejects, the server answers 500, or breaks the answer off if it has begun. */
export type ServerHandler = (request: ServerRequest, response: ServerResponse) => void | Promise<void>;

/** The protocol, encryption and port of a local server. */
export interface ListenOptions {
  /**
   * The protocol of the server. `any` serves HTTP/1.1 and HTTP/2 on the same port: without TLS by looking at the first
   * bytes of each connection (HTTP/2 with prior knowledge, "h2c"), with TLS by ALPN.
   *
   * @default 'any'
   */
  protocol?: 'any' | 'http/1.1' | 'h2';
  /**
   * Serve over TLS, with a certificate for `localhost` and `127.0.0.1` that is created for this server alone.
   *
   * @default false
   */
  tls?: boolean;
  /** @default 0, a free port chosen by the operating system */
  port?: number;
}

/** A server that accepts connections until it is closed. */
export interface RunningServer {
  /** `http://127.0.0.1:<port>` or `https://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** The server's self-signed certificate in PEM form, for a client's `ca` option. Only with `tls: true`. */
  readonly certificate?: string;
  /** Closes every open connection and resolves when all are closed. A second call has no effect. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const host = '127.0.0.1';

/** The preface of an HTTP/2 connection without ALPN. No HTTP/1.1 request begins like this (RFC 9113, section 3.4). */
const http2Preface = Buffer.from('PRI * HTTP/2.0');

/**
 * Starts a server on 127.0.0.1.
 *
 * @param handler - Called once per request, for HTTP/1.1 and HTTP/2 alike.
 * @returns The running server, once it accepts connections.
 * @throws The error of the operating system when the port cannot be used, e.g. `EADDRINUSE`.
 */
export async function listen(handler: ServerHandler, options: ListenOptions = {}): Promise<RunningServer> {
  const { protocol = 'any', port = 0 } = options;
  const identity = options.tls ? await createCertificate() : undefined;
  const engines = createEngines(handler);

  const openSockets = new Set<net.Socket>();
  const track = (socket: net.Socket): void => {
    openSockets.add(socket);
    socket.once('close', () => openSockets.delete(socket));
    socket.on('error', ignore);
  };
  const accept = (socket: net.Socket): void => {
    if (protocol === 'any') sniffProtocol(socket, engines);
    else engines[protocol].emit('connection', socket);
  };
  const acceptTls = (socket: tls.TLSSocket): void => {
    track(socket);
    const negotiated = socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1';
    engines[protocol === 'any' ? negotiated : protocol].emit('connection', socket);
  };
  // Node's own HTTP servers set `noDelay` too: filling up packets would delay small writes by 40 ms a call.
  const server = identity
    ? tls.createServer({ ...identity, ALPNProtocols: alpnProtocols[protocol], noDelay: true }, acceptTls)
    : net.createServer({ noDelay: true }, accept);
  server.on('connection', track);

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of openSockets) socket.destroy();
    });
    return closed;
  };
  const address = server.address() as net.AddressInfo;
  return {
    url: `${identity ? 'https' : 'http'}://${host}:${address.port}`,
    port: address.port,
    ...(identity && { certificate: identity.cert }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const alpnProtocols = { any: ['h2', 'http/1.1'], h2: ['h2'], 'http/1.1': ['http/1.1'] };

/** The two HTTP implementations. Neither listens: accepted sockets are handed to them as `connection` events. */
interface Engines {
  'http/1.1': http.Server;
  h2: http2.Http2Server;
}

function createEngines(handler: ServerHandler): Engines {
  const onRequest = (request: ServerRequest, response: ServerResponse): void => {
    // A disconnect emits errors on both objects. Code that writes an answer learns of it from 'close'.
    request.on('error', ignore);
    response.on('error', ignore);
    runHandler(handler, request, response);
  };
  const http1 = http.createServer(onRequest);
  // Idle connections stay open until close(), so that no client reuses a connection that is being closed.
  http1.keepAliveTimeout = 0;
  const h2 = http2.createServer((request, response) => {
    // Node's types name the compatibility API of HTTP/2 differently, but the members used here are the same.
    onRequest(request as unknown as ServerRequest, response as unknown as ServerResponse);
  });
  h2.on('sessionError', ignore);
  h2.on('session', (session) => session.on('error', ignore));
  return { 'http/1.1': http1, h2 };
}

async function runHandler(
  handler: ServerHandler,
  request: ServerRequest,
  response: ServerResponse,
): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: `The handler of the test server failed: ${error}` }));
  }
}

/** Reads enough of a new connection to tell HTTP/2 from HTTP/1.1, puts the bytes back and hands the socket on. */
function sniffProtocol(socket: net.Socket, engines: Engines): void {
  let received: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    received = Buffer.concat([received, bytes]);
    const length = Math.min(received.length, http2Preface.length);
    const looksLikeHttp2 = received.subarray(0, length).equals(http2Preface.subarray(0, length));
    if (looksLikeHttp2 && length < http2Preface.length) return;
    socket.off('readable', onReadable);
    socket.unshift(received);
    engines[looksLikeHttp2 ? 'h2' : 'http/1.1'].emit('connection', socket);
  };
  socket.on('readable', onReadable);
}

function ignore(): void {}
