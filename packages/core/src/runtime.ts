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
