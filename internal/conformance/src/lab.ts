import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { createHeaders, createPayi, type Diagnostic, type Receipt, type Route } from '@payi/core';
import type { RunningPayi } from '@payi/testkit';
import { expect } from 'vitest';
import { authenticate } from '../../../packages/testkit/src/authenticate.ts';
import { type HeldTimers, holdTimers } from '../../testing/clock.ts';
import { headerFacts } from './facts.ts';
import {
  type Script,
  type ScriptedProvider,
  type SentStream,
  startScriptedProvider,
} from './scripted-provider.ts';
import { loadSdks } from './sdks.ts';
import {
  anthropicOnBedrockStream,
  invokeStream,
  type StreamFormat,
  type WireEvent,
  wholeStream,
} from './stream-formats.ts';
import type { Connection, Request, Sent, Surface } from './surface.ts';

/** How the calls of a client go. Without a route: a client that Pay-i knows nothing of. */
export interface Way {
  readonly route?: Route;
  readonly payi?: RunningPayi | undefined;
}

/** Limits of the client. */
export interface Limits {
  /** `held`: passes when the behavior says so, for the SDKs that have timers of their own. */
  readonly timeoutMs?: number | 'held';
  /** @default 0 */
  readonly maxRetries?: number;
}

const sdks = await loadSdks();
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', bearerToken: 'token' };
const payiHeaders = createHeaders({ userId: 'u-42', limitIds: ['team'] });
let limits = 0;

/** A script that a test can measure. */
export interface Begun extends Script {
  readonly events: readonly WireEvent[];
}

type Relay = Awaited<ReturnType<typeof startRelay>>;

/** A server that passes bytes on, and counts connections. */
async function startRelay(
  to: string,
): Promise<{ url: string; port: number; sockets: Set<Socket>; server: Server }> {
  const { protocol, port: target } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sockets.add(near);
    const far = connect(Number(target), '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('error', () => {}).on('close', () => far.destroy());
    far.on('error', () => {}).on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `${protocol}//127.0.0.1:${port}`, port, sockets, server };
}

/** A client with a provider of its own, which a test tells what to answer. */
export class Lab {
  readonly surface: Surface;
  readonly route: Route | undefined;
  readonly receipts: Receipt[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly connection: Connection;
  /** The time limit of the client, if it is held. */
  readonly held: ReturnType<typeof Lab.limit> | undefined;
  readonly provider: ScriptedProvider;
  readonly #relays: readonly Relay[];

  static async open(surface: Surface, { route, payi }: Way, limits: Limits = {}): Promise<Lab> {
    const provider = await startScriptedProvider(surface.format?.contentType ?? 'application/json');
    const relays = [await startRelay(provider.url)];
    if (route === 'proxy' && payi !== undefined) relays.unshift(await startRelay(payi.url));
    // One certificate at a time: they have the same name. The machine's own would be read again for each client.
    if (payi?.certificate !== undefined) tls.setDefaultCACertificates([payi.certificate]);
    return new Lab(surface, provider, relays, route, payi, limits);
  }

  private constructor(
    surface: Surface,
    provider: ScriptedProvider,
    relays: readonly Relay[],
    route: Route | undefined,
    payi: RunningPayi | undefined,
    limits: Limits,
  ) {
    this.surface = surface;
    this.route = route;
    this.provider = provider;
    this.#relays = relays;
    const settings = route && {
      payi: createPayi({
        route,
        defaults: { useCaseName: 'support_chat' },
        delivery: { intervalMs: 1, offline: () => {} },
        ...(payi && { apiKey: payi.apiKey, baseUrl: relays[0]?.url }),
        onReceipt: (receipt) => this.receipts.push(receipt),
        onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
      }),
    };
    const { timeoutMs, maxRetries = 0 } = limits;
    if (timeoutMs === 'held') this.held = Lab.limit();
    const time = timeoutMs === 'held' ? this.held : timeoutMs !== undefined && { timeoutMs };
    const to = { url: relays.at(-1)?.url ?? '', credentials, maxRetries, ...time };
    this.connection = surface.connect(sdks, settings, to);
  }

  async close(): Promise<void> {
    this.connection.close();
    for (const { server, sockets } of this.#relays) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
    await this.provider.close();
  }

  /** Of the client: to Pay-i on route `proxy`, else to the provider. */
  get connections(): number {
    return this.#relays[0]?.sockets.size ?? 0;
  }

  request(options: Partial<Request> = {}): Request {
    return { question: 'hello', headers: this.route === undefined ? {} : payiHeaders, ...options };
  }

  /** What the SDK's method gives, which is a promise with more methods. */
  call(options?: Partial<Request>, by?: unknown): Promise<object> {
    return this.connection.call(this.request(options), by);
  }

  send(options?: Partial<Request>): Promise<Sent> {
    return this.connection.send(this.request(options));
  }

  answer(...scripts: Script[]): void {
    this.provider.answerNext(...scripts);
  }

  get #format(): StreamFormat {
    return this.surface.format as StreamFormat;
  }

  /** A good answer, a stream where the surface has streams. */
  good(...pieces: readonly string[]): Script {
    if (this.surface.format === undefined) return whole(this.surface.answer.whole(pieces.join('')));
    const events = wholeStream(this.#format, pieces);
    // As its server does: counts only for those who ask.
    const chosen = (asked: string) =>
      events.filter(
        (event) => !String(event).includes('"choices":[]') || asked.includes('"include_usage":true'),
      );
    return { events: chosen, ending: 'end' };
  }

  /**
   * A stream that begins, with as many events that reach the caller, and goes on as told. In the frames of InvokeModel,
   * Pay-i's proxy holds one event back, because it adds its result to the last.
   */
  begun(count: number, ending: Script['ending'] = 'stall'): Begun {
    const { opening, text } = this.#format;
    const sent = count + (this.route === 'proxy' && isHeldBack(this.#format) ? 1 : 0);
    const pieces = Array.from({ length: sent }, (_, index) => text(`piece ${index} `));
    return { events: [...opening, ...pieces].slice(0, sent), ending };
  }

  /** A refusal of the provider. */
  refusal(status: number, code: string, headers: Record<string, string> = {}): Script {
    const { body, headers: own } = this.surface.answer.refusal(status, code);
    return { ...whole(body), status, headers: { ...json, ...own, ...headers } };
  }

  /** Until the provider has so many requests. */
  async arrived(count: number): Promise<void> {
    await expect.poll(() => this.provider.streams.length).toBe(count);
  }

  /** Resolves when the client has status and headers of an answer. Must be called before. */
  async answerBegins(): Promise<void> {
    let begun = false;
    const port = this.#relays[0]?.port;
    const listen = (message: unknown): void => {
      const { request } = message as { request: { origin?: string; socket?: Socket } };
      begun ||= request.socket?.remotePort === port || request.origin?.endsWith(`:${port}`) === true;
    };
    const channels = ['undici:request:headers', 'http.client.response.finish'];
    for (const channel of channels) subscribe(channel, listen);
    await expect.poll(() => begun).toBe(true);
    for (const channel of channels) unsubscribe(channel, listen);
    await turns();
  }

  /** A time limit that passes when the behavior says so. */
  static limit(): { readonly timeoutMs: number; readonly timers: HeldTimers } {
    limits += 1;
    // The same in seconds, which a header says.
    const timeoutMs = 400_000 + (limits % 1000);
    return { timeoutMs, timers: holdTimers(timeoutMs) };
  }

  /**
   * What the provider saw, when each answer has ended.
   *
   * @param assumed - How they have ended, in place of waiting for it.
   */
  async requests(assumed?: SentStream['ended']): Promise<unknown[]> {
    const { streams } = this.provider;
    if (assumed === undefined) {
      await expect.poll(() => streams.map(({ ended }) => ended)).not.toContain('pending');
    }
    return streams.map(({ request, ended: seen }) => {
      const { method, path, query, headers, body } = request;
      const ended = assumed ?? seen;
      const text = Buffer.from(body).toString();
      const isSigned = headers.some(
        ([name, value]) => /^authorization$/i.test(name) && value.startsWith('AWS4'),
      );
      const signature = isSigned && authenticate(request, { ...signing, now: new Date() }).valid;
      return {
        method,
        path,
        query,
        headers: headerFacts(headers),
        body: withoutAsking(text),
        signature,
        ended,
      };
    });
  }
}

const signing = {
  credentials,
  bearerToken: 'token',
  region: 'us-east-1',
  service: 'bedrock',
};
const json = { 'content-type': 'application/json' };

const isHeldBack = (format: StreamFormat): boolean =>
  format === invokeStream || format === anthropicOnBedrockStream;

/** A wanted difference: a chat stream asks for its counts. */
const withoutAsking = (body: string): string => body.replace(',"stream_options":{"include_usage":true}', '');

export const whole = (body: object | string, headers: Record<string, string> = {}): Script => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  return {
    headers: { ...json, ...length, 'x-request-id': 'req_1', ...headers },
    events: [text],
    ending: 'end',
  };
};
export const silence: Script = { events: [], ending: 'silence' };

/** Lets everything happen that is about to. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
