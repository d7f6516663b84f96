// Only an AWS SDK client can have a handler that speaks nothing but HTTP/2.
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { type ProxyTarget, socketHost } from './address.ts';
import type { HandlerOptions } from './client.ts';

type Connect = (options: ConnectionOptions) => TLSSocket;

/**
 * Whether the server at each address speaks HTTP/2: a promise until the answer is known. Each client has its own map, because
 * another server may get the address later.
 */
export type Protocols = Map<string, boolean | Promise<boolean | undefined>>;

const longestWaitMs = 10_000;

/**
 * Asks the server by ALPN, over a connection that carries nothing else. The next call asks again if the answer is unknown.
 *
 * @returns `undefined` if the answer is unknown, for example because the server is silent.
 * @throws the SDK's `TimeoutError`, after which it retries, if the call's time limit passes meanwhile.
 */
export function speaksHttp2(
  { protocol, hostname, port }: ProxyTarget,
  { abortSignal, requestTimeout }: HandlerOptions,
  answers: Protocols,
): Promise<boolean | undefined> {
  if (protocol === 'http:') return Promise.resolve(false);
  const tls = globalThis.process?.getBuiltinModule?.('node:tls') as { connect: Connect } | undefined;
  if (tls === undefined) return Promise.resolve(undefined);
  const host = socketHost(hostname);
  const address = `${host}:${port ?? 443}`;
  const known = answers.get(address);
  if (typeof known === 'boolean') return Promise.resolve(known);
  const answer = known ?? ask(tls.connect, host, port ?? 443);
  if (known === undefined) {
    answers.set(address, answer);
    void answer.then((isSpoken) => {
      if (isSpoken === undefined) answers.delete(address);
      else answers.set(address, isSpoken);
    });
  }
  const limits = [
    AbortSignal.timeout(requestTimeout || longestWaitMs),
    ...(abortSignal ? [abortSignal] : []),
  ];
  const limit = AbortSignal.any(limits);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      if (!requestTimeout || abortSignal?.aborted) resolve(undefined);
      else reject(Object.assign(new Error(`no answer in ${requestTimeout} ms`), { name: 'TimeoutError' }));
    };
    if (limit.aborted) giveUp();
    limit.addEventListener('abort', giveUp, { once: true });
    void answer.then(resolve);
  });
}

function ask(connect: Connect, host: string, port: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    // `servername` must not be an IP address.
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const socket = connect({ host, port, ...servername, ALPNProtocols: ['h2', 'http/1.1'] });
    const answered = (): void => {
      // Ignores whether the certificate is trusted: the handler checks that later.
      const { alpnProtocol } = socket;
      resolve(alpnProtocol === null ? undefined : alpnProtocol === 'h2');
      socket.destroy();
    };
    socket.once('secureConnect', answered);
    socket.on('error', answered);
    socket.setTimeout(longestWaitMs, answered);
  });
}
