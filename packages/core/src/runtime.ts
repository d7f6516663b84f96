/**
 * The few globals that core uses. They exist in every runtime it supports (Node, Deno, Bun, browsers, edge), but
 * core compiles with neither Node nor DOM types, so that nothing else slips in.
 */
interface RuntimeGlobals {
  readonly btoa: (binary: string) => string;
  readonly atob: (base64: string) => string;
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly console?: { warn(message: string): void };
}

const runtime = globalThis as unknown as RuntimeGlobals;

export const btoa: RuntimeGlobals['btoa'] = runtime.btoa;
export const atob: RuntimeGlobals['atob'] = runtime.atob;

/** The first of the named environment variables that holds more than blanks. Always absent in browsers. */
export function fromEnvironment(...names: string[]): string | undefined {
  for (const name of names) {
    const value = runtime.process?.env?.[name]?.trim();
    if (value) return value;
  }
  return undefined;
}

export function warn(message: string): void {
  runtime.console?.warn(message);
}
