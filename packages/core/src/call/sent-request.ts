import type { AnyHeaders } from '../web.ts';

/** One attempt of a call, as it is about to leave the process. Members are read only when they are needed. */
export interface SentRequest {
  readonly method: string;
  /** Pay-i's address if {@link via} is `payi`. */
  readonly url: string;
  /** As sent. */
  readonly headers: AnyHeaders;
  readonly body: unknown;
  /** The provider's base address, for the event that reports the call. */
  readonly providerUri?: string | undefined;
  /** Only on route `proxy`: whether it goes to Pay-i, or around a Pay-i that is down. */
  readonly via?: 'payi' | 'bypass' | undefined;
}
