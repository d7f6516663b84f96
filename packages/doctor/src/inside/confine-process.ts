/**
 * Loaded before anything else in a process that imports a module of somebody else's: from here on, the process reaches
 * nothing but this machine. TCP, UDP and DNS are refused at the place in Node.js that all clients come by; `fetch` gets a
 * door through which the dry run is sent to the local backend.
 *
 * Node.js hands `--import` on to worker threads, and NODE_OPTIONS to child processes that are Node.js too. Other programs
 * that a module starts, and native code, are beyond it.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import module from 'node:module';
import net from 'node:net';
import { confinement } from './confinement.ts';

const state = confinement();

/** Not retried by any provider SDK, unlike the codes of the operating system. */
function refusal(host: string, port: number | undefined): Error {
  const address = port === undefined ? host : `${host}:${port}`;
  return Object.assign(new Error(`payi-doctor lets no connection leave this machine (${address})`), {
    code: 'PAYI_DOCTOR_REFUSED',
  });
}

function isLocalHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  return net.isIP(bare) !== 0 && /^(?:::ffff:)?127\./.test(bare);
}

/** @returns Whether the attempt stays here. */
function admit(host: string, port: number | undefined): boolean {
  const isLocal = isLocalHost(host);
  state.attempts.push({ host, port, phase: state.phase, isLocal });
  return isLocal;
}

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;

const connect = net.Socket.prototype.connect as Connect;
net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]): net.Socket {
  const target = targetOf(args);
  if (target === undefined || admit(target.host, target.port)) return connect.apply(this, args);
  // Whoever called goes on setting the socket up, so it ends in the next turn, as an unreachable host would end it.
  process.nextTick(() => this.destroy(refusal(target.host, target.port)));
  return this;
} as typeof net.Socket.prototype.connect;

/** @returns `undefined` for a path in the file system. */
function targetOf(args: unknown[]): { host: string; port: number | undefined } | undefined {
  // Node.js itself calls it with a list made by net.connect().
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as unknown[];
  if (typeof first === 'object' && first !== null) {
    const { host, port, path } = first as { host?: unknown; port?: unknown; path?: unknown };
    if (typeof path === 'string') return undefined;
    return { host: typeof host === 'string' && host !== '' ? host : 'localhost', port: toPort(port) };
  }
  const port = toPort(first);
  if (port === undefined) return undefined;
  return { host: typeof second === 'string' ? second : 'localhost', port };
}

function toPort(value: unknown): number | undefined {
  const port = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isInteger(port) ? port : undefined;
}

type DatagramMethod = (this: dgram.Socket, ...args: unknown[]) => unknown;

for (const name of ['send', 'connect'] as const) {
  const original = dgram.Socket.prototype[name] as DatagramMethod;
  const confined: DatagramMethod = function (...args) {
    // The message of send() may be text as well; the address is the text behind it.
    const address = args.find((arg, index) => typeof arg === 'string' && (name === 'connect' || index > 0));
    const port = args.map(toPort).find((value) => value !== undefined);
    if (address === undefined || admit(address as string, port)) return original.apply(this, args);
    const callback = args.findLast((arg) => typeof arg === 'function') as
      | ((error: Error) => void)
      | undefined;
    const error = refusal(address as string, port);
    process.nextTick(() => (callback === undefined ? this.emit('error', error) : callback(error)));
    return undefined;
  };
  Object.defineProperty(dgram.Socket.prototype, name, { value: confined });
}

/** A question to a name server leaves the machine too. */
for (const [resolver, isPromise] of [
  [dns, false],
  [dns.promises, true],
  [dns.Resolver.prototype, false],
  [dns.promises.Resolver.prototype, true],
] as const) {
  const methods = resolver as unknown as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(methods)) {
    const original = methods[name];
    if (!/^(?:lookup|resolve|reverse)/.test(name) || typeof original !== 'function') continue;
    methods[name] = function (this: unknown, host: unknown, ...rest: unknown[]): unknown {
      const isQuestion =
        typeof host === 'string' && host !== '' && net.isIP(host) === 0 && !isLocalHost(host);
      if (!isQuestion) return original.call(this, host, ...rest);
      admit(host, undefined);
      const error = refusal(host, undefined);
      if (isPromise) return Promise.reject(error);
      const callback = rest.findLast((arg) => typeof arg === 'function') as
        | ((error: Error) => void)
        | undefined;
      process.nextTick(() => callback?.(error));
      return {};
    };
  }
}
module.syncBuiltinESMExports();

const fetch = globalThis.fetch;
// Before any module has run: the SDKs take the global fetch as it is when a client is made.
globalThis.fetch = (input, init) => (state.fetch ?? fetch)(input, init);

// Not in Node.js 22 before 22.15.
module.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (resolved.url.startsWith('file:')) state.files.add(resolved.url);
    return resolved;
  },
});
