import type { EventStreamTap } from './event-stream-tap.ts';
import type { Usage } from './metering.ts';
import type { ProxyResult } from './proxy-result.ts';

/** What a call asks of the provider, read from its path. */
export interface ProxyOperation {
  /** The provider's name of the operation, e.g. `InvokeModel`. */
  operation: string;
  /** The model, percent-decoded. */
  resource: string;
}

/** Told by a stream what was used; settles the call, once, and gives the result to put into the stream. */
export interface StreamMeter {
  /** The member that carries the result, `xproxy_result` or `proxy_result`. */
  readonly resultMember: string;
  observe(usage: Usage): void;
  settle(outcome: 'ok' | 'failed'): ProxyResult;
}

/** One provider behind Pay-i's proxy: what is particular to it. */
export interface ProxyRoute {
  /** Where the provider's paths begin on Pay-i, e.g. `/api/v1/proxy/aws.bedrock`; no slash at the end. */
  readonly prefix: string;
  /** Pay-i's name of the provider, e.g. `system.aws.bedrock`. */
  readonly category: string;
  /** @returns `undefined` for a path of the provider that Pay-i does not proxy. */
  match(providerPath: string): ProxyOperation | undefined;
  /** @returns How to look into a streamed answer; `undefined` when it is to pass as it is. */
  tapStream(operation: string, contentType: string, meter: StreamMeter): EventStreamTap | undefined;
}
