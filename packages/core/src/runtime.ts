/**
 * The few globals that core uses. They exist in every supported runtime (Node, Deno, Bun, browsers, edge). Core compiles
 * with neither Node nor DOM types, so that no other global slips in.
 */
interface RuntimeGlobals {
  readonly btoa: (binary: string) => string;
  readonly atob: (base64: string) => string;
  readonly performance: { now(): number };
  readonly crypto: { randomUUID(): string };
  readonly Buffer?: { byteLength(text: string): number };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>;
    on?(event: 'exit', listener: () => void): unknown;
  };
  readonly console?: { warn(message: string): void };
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

const runtime = globalThis as unknown as RuntimeGlobals;

export const btoa: RuntimeGlobals['btoa'] = runtime.btoa;
export const atob: RuntimeGlobals['atob'] = runtime.atob;

/** Milliseconds on a clock that only goes forward. */
export function now(): number {
  return runtime.performance.now();
}

/** A UUID of version 4. */
export function randomUuid(): string {
  return runtime.crypto.randomUUID();
}

/** A key by which Pay-i knows an event. */
export function newEventId(): string {
  return `payi_${randomUuid()}`;
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  // `Buffer` encodes nothing: 0.2 µs instead of 1.3 µs for an event (bench/delivery/events.ts).
  if (runtime.Buffer !== undefined) return runtime.Buffer.byteLength(text);
  return new runtime.TextEncoder().encode(text).length;
}

let decoder: { decode(bytes: Uint8Array): string } | undefined;

/** UTF-8 to text. */
export function decodeText(bytes: Uint8Array): string {
  decoder ??= new runtime.TextDecoder();
  return decoder.decode(bytes);
}

/** Copies all pieces into one. Unlike `slice()`, which gives a view of a Node `Buffer`, it copies a single piece as well. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** The first of the named environment variables that is not blank. Always absent in browsers. */
export function fromEnvironment(...names: string[]): string | undefined {
  for (const name of names) {
    const value = runtime.process?.env?.[name]?.trim();
    if (value) return value;
  }
  return undefined;
}

const exitListeners = new Set<() => void>();
let listensForExit = false;

/**
 * Calls back when the process is about to end; never where there is no process. The process has one listener for all of
 * them, because Node.js warns of more than ten.
 *
 * @returns Stops listening.
 */
export function onExit(listener: () => void): () => void {
  exitListeners.add(listener);
  if (!listensForExit) {
    listensForExit = true;
    runtime.process?.on?.('exit', () => {
      // Listeners added meanwhile run, too: a call that ends now must still be delivered.
      for (const listen of exitListeners) listen();
    });
  }
  return () => exitListeners.delete(listener);
}

export function warn(message: string): void {
  runtime.console?.warn(message);
}

/** `setTimeout` treats a longer delay as no delay. */
const longestDelayMs = 2_147_483_647;

/**
 * Runs a function after a delay.
 *
 * @param delayMs - `Infinity` never runs it; with `keepsAlive`, it counts as 25 days.
 * @param keepsAlive - Whether the timer keeps the process alive. Otherwise the function does not run if the process ends.
 * @returns Cancels the timer.
 */
export function later(delayMs: number, run: () => void, keepsAlive = false): () => void {
  if (!Number.isFinite(delayMs) && !keepsAlive) return () => {};
  const timer = runtime.setTimeout(run, Math.min(delayMs, longestDelayMs));
  if (!keepsAlive) (timer as { unref?(): void } | undefined)?.unref?.();
  return () => runtime.clearTimeout(timer);
}

/** Whether a value is a promise, or any other object with `then`. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

/** Freezes plain data at every level, in place. */
export function deepFreeze<Data>(data: Data): Readonly<Data> {
  if (typeof data === 'object' && data !== null && !Object.isFrozen(data)) {
    Object.freeze(data);
    for (const part of Object.values(data)) deepFreeze(part);
  }
  return data;
}

/** Sets an entry of a map, and forgets the oldest one if there are too many. */
export function keepRecent<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as string);
}

/** One value for the whole process, shared by every copy of this package: ESM beside CJS, and other versions. */
export function processWide<Value>(name: string, create: () => Value): Value {
  const shared = globalThis as unknown as Record<symbol, Value | undefined>;
  const key = Symbol.for(name);
  shared[key] ??= create();
  return shared[key];
}

/** Whether the value is an object or a list, so that its members may be read. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
