import type { AnyHeaders, WebResponse } from '../web.ts';
import type { SentRequest } from './sent-request.ts';

/** One attempt that goes to Pay-i, and to the provider if Pay-i is down. */
export interface BypassableAttempt<Answer> {
  readonly body: unknown;
  send(): Promise<Answer>;
  /** Records that the attempt leaves for the provider, and sends it there. */
  sendDirect(): Promise<Answer>;
  headOf(answer: Answer): { readonly status: number; readonly headers: AnyHeaders };
  /** Reads the body of a refusal, which stays readable. */
  bodyOf(answer: Answer): Promise<Uint8Array | string | undefined>;
}

/** Such an attempt, sent by `fetch`. */
export interface BypassableFetch<Init> {
  readonly observation: { leave(request: SentRequest): void };
  /** As Pay-i gets it. */
  readonly url: string;
  readonly init: Init;
  /** As the provider gets it. */
  readonly direct: { readonly url: string; readonly providerUri?: string | undefined };
  send(url: string, init: Init): Promise<WebResponse>;
}

/** The way around a Pay-i that is down. Its implementation comes with `createPayi()`. */
export interface Bypass {
  /** How long an attempt waits for a connection to Pay-i, where the adapter opens the connection. */
  readonly connectTimeoutMs: number;
  /** Whether the next attempt must skip Pay-i. Every 30 s, one attempt tries Pay-i again. */
  skips(): boolean;
  /** Sends an attempt to Pay-i, and to the provider if Pay-i did not forward it and its body can be sent twice. */
  send<Answer>(attempt: BypassableAttempt<Answer>): Promise<Answer>;
  /** {@link send} by `fetch`. The provider gets the same request without Pay-i's headers. */
  fetch<Init extends object>(attempt: BypassableFetch<Init>): Promise<WebResponse>;
}
