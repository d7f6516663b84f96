import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Payi } from '@payi/core';
import type { HeaderRecord } from './annotations.ts';
import type { Tally } from './tally.ts';

/** Sends one call and reads its answer. `headers` are those of this call, in the SDK's own way to give them. */
export type Send = (headers?: HeaderRecord) => Promise<unknown>;

/** What a provider's client is made with. */
export interface Setup {
  readonly require: NodeJS.Require;
  /** For a client that is observed by Pay-i. */
  readonly payi?: Payi;
  /** For a client that takes its headers from a context by hand, and whose usage is read by hand. */
  readonly storage?: AsyncLocalStorage<HeaderRecord>;
  readonly tally: Tally;
  readonly isProxied: boolean;
  /** Told of the headers of each request that reaches the transport. */
  arrived(headers: Headers | HeaderRecord): void;
}
