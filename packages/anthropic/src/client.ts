import { UnsupportedClientError } from '@payi/core/adapter';

/**
 * What this package uses of the Anthropic SDK, by shape: clients of `@anthropic-ai/bedrock-sdk` and its siblings may bring
 * a copy of the SDK of their own, whose classes are other classes.
 */

/** A client of the Anthropic SDK, as far as a caller of `withPayi()` has to see it. */
export interface AnthropicClient {
  readonly baseURL: string;
  readonly middleware: readonly unknown[];
  /** Makes a client like this one. A method, so that the narrower options of the SDK's clients fit. */
  withOptions(options: object): unknown;
}

/** The same client with what only this package looks at. */
export interface ClientInternals extends AnthropicClient {
  readonly maxRetries: number;
  readonly middleware: readonly Middleware[];
  /** Not in the SDK's types; its own `withOptions()` hands it on in the same way. */
  readonly fetch: Fetch;
  /** Protected. The options of its constructor, as they were given. */
  readonly _options?: { readonly apiKey?: unknown };
  /** Protected. Clients of other platforms rewrite and sign requests in it. */
  backendMiddleware?(): readonly Middleware[];
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** `APIRequest` of the SDK: `RequestInit`, the URL, and headers that may be changed in place. */
export type ApiRequest = Omit<RequestInit, 'headers'> & { readonly url: string; readonly headers: Headers };

/** The options of the call that a request belongs to: one object for all attempts. */
export interface CallOptions {
  readonly method: string;
  /** Of the API, whatever the platform: `/v1/messages`. */
  readonly path: string;
  readonly body?: unknown;
  readonly stream?: boolean | undefined;
  readonly signal?: AbortSignal | null | undefined;
  readonly maxRetries?: number | undefined;
}

export type Next = (request: ApiRequest) => Promise<Response>;

export type Middleware = (
  request: ApiRequest,
  next: Next,
  context: { readonly options?: CallOptions | undefined },
) => Promise<Response>;

/** @throws `UnsupportedClientError` when the object is not a client of the Anthropic SDK that takes middleware. */
export function assertAnthropicClient(client: unknown): asserts client is ClientInternals {
  const candidate = client as Partial<ClientInternals> & { messages?: { create?: unknown } };
  const missing: string[] = [];
  if (typeof candidate?.withOptions !== 'function') missing.push('withOptions');
  if (typeof candidate?.messages?.create !== 'function') missing.push('messages.create');
  if (typeof candidate?.baseURL !== 'string') missing.push('baseURL');
  if (!Array.isArray(candidate?.middleware)) missing.push('middleware');
  if (typeof candidate?.backendMiddleware !== 'function') missing.push('backendMiddleware');
  if (missing.length > 0) {
    throw unsupported(missing);
  }
}

export function unsupported(missing: readonly string[]): UnsupportedClientError {
  return new UnsupportedClientError(
    '@payi/anthropic',
    missing,
    'a client of @anthropic-ai/sdk 0.103 or later, or of its siblings bedrock-sdk (0.31), vertex-sdk and foundry-sdk',
  );
}
