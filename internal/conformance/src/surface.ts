import type { Payi, UsageSource } from '@payi/core';
import type { AdapterOptions } from '@payi/core/adapter';
import type { AnswerFormat } from './answers.ts';
import type { Credentials, providers } from './providers.ts';
import type { Sdks } from './sdks.ts';
import type { StreamFormat } from './stream-formats.ts';

/** Where a client's calls go when nobody redirects them, and with whose credentials. */
export interface Destination {
  /** A provider on this machine; `undefined` for the provider's own address. */
  readonly url: string | undefined;
  readonly credentials: Credentials;
  /** Limits of the client. */
  readonly timeoutMs?: number;
  readonly maxRetries?: number;
}

export interface Request {
  readonly question: string;
  readonly headers: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * What a call gives: the object that its receipt is kept by, and its events if it is a stream. That object is what the
 * caller gets; for OpenAI's whole answers it is the `Response`, because its SDK, since 7, parses their text itself and
 * nobody can tell which object came of it.
 */
export interface Sent {
  readonly answer: object;
  readonly events?: AsyncIterable<unknown> | undefined;
}

/** A client of a provider. */
export interface Connection {
  readonly client: unknown;
  /**
   * What the SDK's method gives: a promise, with more methods where the SDK has them.
   *
   * @param by - Another client of its class.
   */
  call(request: Request, by?: unknown): Promise<object>;
  send(request: Request): Promise<Sent>;
  close(): void;
}

/** One way to call one provider. */
export interface Surface {
  readonly name: string;
  readonly provider: keyof typeof providers;
  /** Of the provider itself, in place of which the local one is reached. */
  readonly host: string;
  readonly isStream: boolean;
  /** Only streams have one. */
  readonly format?: StreamFormat | undefined;
  readonly answer: AnswerFormat;
  readonly category: string;
  readonly operation: string;
  /** The model as the caller names it, and its receipt and Pay-i's ledger with it. */
  readonly resource: string;
  readonly usageSource: UsageSource;
  /** The member of a request that has the question, unless that is `messages` or, of responses, `input`. */
  readonly questionMember?: string | undefined;
  /**
   * Whether its client retries, in a way that shows which attempts are one call. Those of the SDKs do;
   * Google's retries what a provider refuses, and no connection that breaks.
   */
  readonly retries: boolean | 'refusals';
  /** What Pay-i gets of this provider besides its key and the annotations. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
  /** @param options - `undefined` for a client without Pay-i. */
  connect(sdks: Sdks, options: SurfaceOptions | undefined, to: Destination): Connection;
}

/** The options with which Pay-i is attached to a client. */
export interface SurfaceOptions extends Pick<AdapterOptions, 'onAbandon' | 'onRequest' | 'onResponse'> {
  readonly payi: Payi;
}
