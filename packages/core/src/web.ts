/**
 * The parts of the Fetch and Streams standards that core uses, as its own types, because core compiles with neither Node
 * nor DOM types. The objects of `fetch` and of the provider SDKs have these types.
 */
export interface WebHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
  set(name: string, value: string): void;
  delete(name: string): void;
  keys(): Iterable<string>;
  entries(): Iterable<[string, string]>;
}

/** Headers as the AWS SDK has them, or as `fetch` has them. */
export type AnyHeaders = Readonly<Record<string, string>> | WebHeaders;

export interface WebSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface WebAbortController {
  readonly signal: WebSignal;
  abort(reason?: unknown): void;
}

export type ReadResult = { readonly done: boolean; readonly value?: Uint8Array | undefined };

export interface WebReader {
  read(): Promise<ReadResult>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

export interface WebStream {
  readonly locked: boolean;
  getReader(options?: unknown): WebReader;
  tee(): [WebStream, WebStream];
  /** Not there if the body is a stream of Node.js. */
  cancel?(reason?: unknown): Promise<void>;
}

export interface WebStreamController {
  enqueue(chunk: Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
}

export interface WebResponse {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly url: string;
  readonly redirected: boolean;
  readonly type: string;
  readonly headers: WebHeaders;
  readonly body: WebStream | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  clone(): WebResponse;
}

interface WebGlobals {
  readonly AbortController: new () => WebAbortController;
  fetch(url: string, init: Readonly<Record<string, unknown>>): Promise<WebResponse>;
  readonly Headers: new (init?: unknown) => WebHeaders;
  readonly ReadableStream: new (
    source: {
      start(controller: WebStreamController): void;
      pull(controller: WebStreamController): Promise<void>;
      cancel(reason: unknown): Promise<void>;
    },
    strategy: { highWaterMark: number },
  ) => WebStream;
  readonly ReadableStreamDefaultReader: new (stream: WebStream) => WebReader;
  readonly Response: new (
    body: unknown,
    init?: { status: number; statusText: string; headers: unknown },
  ) => WebResponse;
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly URL: new (url: string, base?: string) => { readonly href: string; readonly origin: string };
}

export const web: WebGlobals = globalThis as unknown as WebGlobals;

let encoder: { encode(text: string): Uint8Array } | undefined;

/** Text to UTF-8. */
export function encodeText(text: string): Uint8Array {
  encoder ??= new web.TextEncoder();
  return encoder.encode(text);
}

export function recordOf(headers: AnyHeaders): Readonly<Record<string, string>> {
  return typeof headers.entries === 'function'
    ? Object.fromEntries(headers.entries())
    : (headers as Record<string, string>);
}

/**
 * @param header - `Retry-After`: seconds, or a date.
 * @param nowMs - Milliseconds since 1970.
 * @returns Milliseconds; 0 for a header that is absent or malformed.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const delayMs = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : 0;
}
