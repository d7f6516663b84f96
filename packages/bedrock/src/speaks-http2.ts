// Only an AWS SDK client can have a handler that speaks nothing but HTTP/2.
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { ProxyTarget } from './address.ts';
import type { HandlerOptions } from './client.ts';

type Connect = (options: ConnectionOptions) => TLSSocket;

/** By address. Each is asked once per process. */
const answers = new Map<string, Promise<boolean | undefined>>();
const longestWaitMs = 10_000;

/**
 * Asks the server by ALPN, over a connection that carries nothing else. Waits no longer than the call's time limit.
 *
 * @returns `undefined` if it is unknown, for example because the server is silent. Not remembered.
 */
export function speaksHttp2(
  { protocol, hostname, port }: ProxyTarget,
  { abortSignal, requestTimeout }: HandlerOptions,
): Promise<boolean | undefined> {
  const tls = globalThis.process?.getBuiltinModule?.('node:tls') as { connect: Connect } | undefined;
  if (protocol === 'http:' || tls === undefined)
    return Promise.resolve(protocol === 'http:' ? false : undefined);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const address = `${host}:${port ?? 443}`;
  let answer = answers.get(address);
  if (answer === undefined) {
    answer = ask(tls.connect, host, port ?? 443);
    answers.set(address, answer);
    void answer.then((isSpoken) => isSpoken === undefined && answers.delete(address));
  }
  const limits = [
    AbortSignal.timeout(requestTimeout || longestWaitMs),
    ...(abortSignal ? [abortSignal] : []),
  ];
  const limit = AbortSignal.any(limits);
  return new Promise((resolve) => {
    if (limit.aborted) resolve(undefined);
    limit.addEventListener('abort', () => resolve(undefined), { once: true });
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
