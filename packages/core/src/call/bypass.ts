import type { AnyHeaders, WebResponse } from '../web.ts';
import type { SentRequest } from './sent-request.ts';

/** One attempt that goes to Pay-i, and how it would go to the provider. */
export interface BypassableAttempt<Answer> {
  readonly body: unknown;
  send(): Promise<Answer>;
  /** Records that the attempt leaves for the provider, and sends it there. */
  sendDirect(): Promise<Answer>;
  headOf(answer: Answer): { readonly status: number; readonly headers: AnyHeaders };
  /** Reads the body of a refusal, which stays readable. */
  bodyOf(answer: Answer): Promise<Uint8Array | string | undefined>;
}

/** The same, for an adapter that sends by `fetch`. */
export interface BypassableFetch<Init> {
  readonly observation: { leave(request: SentRequest): void };
  /** As Pay-i gets it. */
  readonly url: string;
  readonly init: Init;
  /** As the provider gets it. */
  readonly direct: {
    readonly url: string;
    readonly redirect?: unknown;
    readonly providerUri?: string | undefined;
  };
  send(url: string, init: Init): Promise<WebResponse>;
}

/** The way around a Pay-i that is down. Its implementation comes with `createPayi()`. */
export interface Bypass {
  /** How long an attempt waits for a connection to Pay-i, where the adapter opens it. */
  readonly connectTimeoutMs: number;
  /** Whether the next attempt is to skip Pay-i. When the time is over, one attempt tries it again. */
  skips(): boolean;
  /** Sends an attempt to Pay-i, and to the provider if Pay-i verifiably did not send it on. */
  send<Answer>(attempt: BypassableAttempt<Answer>): Promise<Answer>;
  /** {@link send} by `fetch`. The provider gets the same request without Pay-i's headers. */
  fetch<Init extends object>(attempt: BypassableFetch<Init>): Promise<WebResponse>;
}
