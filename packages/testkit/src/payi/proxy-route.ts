import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../json.ts';
import type { ProxyResult } from './proxy-result.ts';
import type { StreamTap } from './stream-tap.ts';
import type { Usage } from './usage.ts';

/** The operation and the resource of a call, read from its path or, if the path does not name them, from its body. */
export interface ProxyOperation {
  /** The provider's name of the operation, e.g. `InvokeModel` or `chat/completions`. */
  operation: string;
  /** The model or deployment, percent-decoded. */
  resource: string;
}

/** Receives the usage of a stream, settles the call once, and returns the result to put into the stream. */
export interface StreamMeter {
  /** The member that carries the result, `xproxy_result` or `proxy_result`. */
  readonly resultMember: string;
  observe(usage: Usage): void;
  settle(outcome: 'ok' | 'failed'): ProxyResult;
}

/** One provider behind Pay-i's proxy. */
export interface ProxyRoute {
  /**
   * What stands at Pay-i for the provider's base URI, e.g. `/api/v1/proxy/aws.bedrock`. What follows is sent behind that
   * URI. Without a slash at the end.
   */
  readonly prefix: string;
  /** Pay-i's name of the provider, e.g. `system.aws.bedrock`. */
  readonly category: string;
  /**
   * The provider of calls without `xProxy-Provider-BaseUri`, which may depend on the path. Absent if that header is
   * required.
   */
  readonly defaultBaseUri?: string | ((providerPath: string) => string);
  /** Required headers in lower case. A call that lacks one of them is refused with `header_is_missing`. */
  readonly requiredHeaders: readonly string[];
  /** @returns `undefined` for a path of the provider that Pay-i does not proxy. */
  match(providerPath: string, body: Uint8Array): ProxyOperation | undefined;
  /**
   * Reads the usage of an answer.
   *
   * @param body - `undefined` if the answer is streamed or is not a JSON object.
   * @param headers - The headers of the answer.
   */
  readUsage(operation: string, body: JsonObject | undefined, headers: IncomingHttpHeaders): Usage;
  /** @returns The tap for a streamed answer; `undefined` to pass the answer on unchanged. */
  tapStream(operation: string, contentType: string, meter: StreamMeter): StreamTap | undefined;
}
