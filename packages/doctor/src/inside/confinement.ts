/** A connection that something in the process tried to open. */
export interface ConnectionAttempt {
  readonly host: string;
  readonly port: number | undefined;
  readonly phase: Phase;
  /** Let through, because it stays on this machine. */
  readonly isLocal: boolean;
}

/** What the process is busy with: `import` until the module is there, then the client, then its call. */
export type Phase = 'import' | 'client' | 'dry-run';

export type Fetch = typeof globalThis.fetch;

/** What confine-process.ts has set up in this process, and what it has seen. */
export interface Confinement {
  phase: Phase;
  readonly attempts: ConnectionAttempt[];
  /** URLs of the files that modules were loaded from. Empty on Node.js before 22.15, which cannot tell. */
  readonly files: Set<string>;
  /** In the place of the global `fetch`, while set. */
  fetch: Fetch | undefined;
}

const key = Symbol.for('payi-doctor.confinement');

/** One for the process, whichever file asks first. */
export function confinement(): Confinement {
  const shared = globalThis as { [key]?: Confinement };
  shared[key] ??= { phase: 'import', attempts: [], files: new Set(), fetch: undefined };
  return shared[key];
}
