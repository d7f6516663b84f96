import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type ListenOptions, listen, type RunningServer, type ServerHandler } from './listen.ts';

let server: RunningServer;
afterEach(() => server.close());

const echo: ServerHandler = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end(`${request.httpVersion} ${request.method} ${request.url} ${Buffer.concat(chunks)}`);
};

async function start(handler: ServerHandler = echo, options?: ListenOptions): Promise<void> {
  server = await listen(handler, options);
}

/** The length and type of an empty SETTINGS frame, the first thing a server says (RFC 9113, section 6.5). */
const http2Settings = '\0\0\0\x04';

interface Reply {
  status: number;
  body: string;
}

async function overHttp1(path: string, body = ''): Promise<Reply> {
  const send = server.certificate ? https.request : http.request;
  const request = send(`${server.url}${path}`, { method: 'POST', ca: server.certificate, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await response.toArray()).join('') };
}

async function overHttp2(path: string, body = ''): Promise<Reply> {
  const session = http2.connect(server.url, server.certificate ? { ca: server.certificate } : {});
  session.on('error', () => {}); // the stream below fails too
  try {
    const stream = session.request({ ':method': 'POST', ':path': path });
    stream.end(body);
    const [headers] = await once(stream, 'response');
    return { status: headers[':status'], body: (await stream.toArray()).join('') };
  } finally {
    session.destroy();
  }
}

describe('listen()', () => {
  it('serves HTTP/1.1 and HTTP/2 on one plain port', async () => {
    await start();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await overHttp1('/a%2Fb?c=d', 'one')).toEqual({ status: 200, body: '1.1 POST /a%2Fb?c=d one' });
    expect(await overHttp2('/a%2Fb?c=d', 'two')).toEqual({ status: 200, body: '2.0 POST /a%2Fb?c=d two' });
  });

  it('serves HTTP/1.1 and HTTP/2 over TLS with a certificate made for it', async () => {
    await start(echo, { tls: true });
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    expect(server.certificate).toContain('BEGIN CERTIFICATE');
    expect((await overHttp1('/', 'one')).body).toBe('1.1 POST / one');
    expect((await overHttp2('/', 'two')).body).toBe('2.0 POST / two');
  });

  it('refuses HTTP/2 when told to speak HTTP/1.1 only, and the reverse', async () => {
    for (const tls of [false, true]) {
      await start(echo, { protocol: 'http/1.1', tls });
      expect((await overHttp1('/')).status).toBe(200);
      await expect(overHttp2('/')).rejects.toThrow();
      await server.close();

      await start(echo, { protocol: 'h2', tls });
      expect((await overHttp2('/')).status).toBe(200);
      const refusal = await overHttp1('/').catch(() => ({ status: 'connection closed' }));
      expect(refusal.status).toBe(tls ? 403 : 'connection closed');
      await server.close();
    }
  });

  it('tells the protocols apart when the first bytes arrive one by one', async () => {
    await start();
    for (const [opening, expected] of [
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', http2Settings],
      ['PRINT', 'HTTP/1.1 400'],
      ['PUT / HTTP/1.1\r\nhost: a\r\n\r\n', 'HTTP/1.1 200'],
    ] as const) {
      const socket = net.connect(server.port, '127.0.0.1').setNoDelay();
      const answered = once(socket, 'data');
      for (const byte of opening) {
        socket.write(byte);
        await delay(2);
      }
      const [answer] = await answered;
      expect(answer.toString('latin1').slice(0, expected.length)).toBe(expected);
      socket.destroy();
    }
  });

  it('answers 500 when the handler throws or rejects, and goes on serving', async () => {
    await start((request, response) => {
      if (request.url === '/throw') throw new Error('broken');
      if (request.url === '/reject') return Promise.reject(new Error('broken'));
      response.end('fine');
    });
    for (const send of [overHttp1, overHttp2]) {
      expect((await send('/throw')).status).toBe(500);
      expect((await send('/reject')).body).toContain('broken');
      expect((await send('/')).body).toBe('fine');
    }
  });

  it('breaks off an answer already begun when the handler throws', async () => {
    await start((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      throw new Error('broken');
    });
    await expect(overHttp1('/')).rejects.toThrow();
    await expect(overHttp2('/')).rejects.toThrow();
  });

  it('survives peers that reset, talk nonsense or leave in the middle of a request', async () => {
    await start();
    for (const bytes of [
      '',
      'P',
      'PRI * HTTP/2.0\r\n\r\nnonsense',
      'nonsense\r\n\r\n',
      'POST / HTTP/1.1\r\n',
    ]) {
      const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      socket.write(bytes);
      await delay(5);
      socket.resetAndDestroy();
    }
    expect((await overHttp1('/')).status).toBe(200);
  });

  it('survives a TLS client that does not trust its certificate', async () => {
    await start(echo, { tls: true });
    await expect(fetch(server.url)).rejects.toThrow();
    expect((await overHttp1('/')).status).toBe(200);
  });

  it('ends every connection at once when it closes, and may be closed twice', async () => {
    for (const tls of [false, true]) {
      await start(() => new Promise(() => {}), { tls });
      const idle = net.connect(server.port, '127.0.0.1').on('error', () => {});
      const session = http2.connect(server.url, { rejectUnauthorized: false }).on('error', () => {});
      const stream = session.request({ ':path': '/' }).on('error', () => {});
      const waiting = overHttp1('/');
      waiting.catch(() => {});
      await Promise.all([once(session, 'connect'), once(idle, 'connect'), delay(50)]);
      await Promise.all([server.close(), server.close()]);
      await expect(waiting).rejects.toThrow();
      if (!stream.closed) await once(stream, 'close');
      if (!session.destroyed) await once(session, 'close');
      await expect(fetch(server.url)).rejects.toThrow();
    }
  });

  it('can be disposed of', async () => {
    // As `await using` does, which Node 22 cannot parse.
    await start();
    expect((await fetch(server.url)).status).toBe(200);
    await server[Symbol.asyncDispose]();
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('reports a port that is taken', async () => {
    await start();
    await expect(listen(echo, { port: server.port })).rejects.toThrow('EADDRINUSE');
  });
});
