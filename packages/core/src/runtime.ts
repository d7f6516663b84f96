/**
 * The few globals that core uses. They exist in every runtime it supports (Node, Deno, Bun, browsers, edge), but
 * core compiles with neither Node nor DOM types, so that nothing else slips in.
 */
interface RuntimeGlobals {
  readonly btoa: (binary: string) => string;
  readonly atob: (base64: string) => string;
  readonly performance: { now(): number };
  readonly crypto: { randomUUID(): string };
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

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return new runtime.TextEncoder().encode(text).length;
}

let decoder: { decode(bytes: Uint8Array): string } | undefined;

/** UTF-8 to text. */
export function decodeText(bytes: Uint8Array): string {
  decoder ??= new runtime.TextDecoder();
  return decoder.decode(bytes);
}

/** The first of the named environment variables that holds more than blanks. Always absent in browsers. */
export function fromEnvironment(...names: string[]): string | undefined {
  for (const name of names) {
    const value = runtime.process?.env?.[name]?.trim();
    if (value) return value;
  }
  return undefined;
}

/** Runs when the process is about to end. Never, where there is no process. */
export function onExit(listener: () => void): void {
  runtime.process?.on?.('exit', listener);
}

export function warn(message: string): void {
  runtime.console?.warn(message);
}

/** Of `setTimeout`, which takes more for nothing at all. */
const longestDelayMs = 2_147_483_647;

/**
 * Runs a function later.
 *
 * @param delayMs - `Infinity` for never; a process that has to wait for it waits.
 * @param keepsAlive - Whether the process has to wait for it. Otherwise, if it ends before, the function does not run.
 * @returns Takes it back.
 */
export function later(delayMs: number, run: () => void, keepsAlive = false): () => void {
  if (!Number.isFinite(delayMs) && !keepsAlive) return () => {};
  const timer = runtime.setTimeout(run, Math.min(delayMs, longestDelayMs));
  if (!keepsAlive) (timer as { unref?(): void } | undefined)?.unref?.();
  return () => runtime.clearTimeout(timer);
}

/** Is this what an `async` function of the application gave back? */
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

/** One value for the whole process, shared by every copy of this package: ESM beside CJS, and other versions. */
export function processWide<Value>(name: string, create: () => Value): Value {
  const shared = globalThis as unknown as Record<symbol, Value | undefined>;
  const key = Symbol.for(name);
  shared[key] ??= create();
  return shared[key];
}
