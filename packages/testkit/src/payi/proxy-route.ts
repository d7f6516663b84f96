import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../json.ts';
import type { ProxyResult } from './proxy-result.ts';
import type { StreamTap } from './stream-tap.ts';
import type { Usage } from './usage.ts';

/** What a call asks of the provider, read from its path and, where the path does not say, its body. */
export interface ProxyOperation {
  /** The provider's name of the operation, e.g. `InvokeModel` or `chat/completions`. */
  operation: string;
  /** The model or deployment, percent-decoded. */
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
  /** The provider of calls without `xProxy-Provider-BaseUri`; absent where that header is required. */
  readonly defaultBaseUri?: string;
  /** Headers without which a call is refused with `header_is_missing`, in lower case. */
  readonly requiredHeaders: readonly string[];
  /** @returns `undefined` for a path of the provider that Pay-i does not proxy. */
  match(providerPath: string, body: Uint8Array): ProxyOperation | undefined;
  /**
   * Reads what an answer says it used.
   *
   * @param body - `undefined` when the answer is streamed, or no JSON object.
   * @param headers - Those of the answer.
   */
  readUsage(operation: string, body: JsonObject | undefined, headers: IncomingHttpHeaders): Usage;
  /** @returns How to look into a streamed answer; `undefined` when it is to pass as it is. */
  tapStream(operation: string, contentType: string, meter: StreamMeter): StreamTap | undefined;
}
