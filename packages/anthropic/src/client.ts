import { UnsupportedClientError } from '@payi/core/adapter';

/**
 * The parts of the Anthropic SDK that this package uses, by shape: `@anthropic-ai/bedrock-sdk` and its siblings may bring
 * their own copy of the SDK, whose classes are different classes.
 */

/** A client of the Anthropic SDK, with the members that `withPayi()` requires. */
export interface AnthropicClient {
  readonly baseURL: string;
  readonly middleware: readonly unknown[];
  /** Creates a copy. A method, so that the narrower option types of the SDK's clients fit. */
  withOptions(options: object): unknown;
}

/** The same client with members that only this package reads. */
export interface ClientInternals extends AnthropicClient {
  readonly maxRetries: number;
  readonly middleware: readonly Middleware[];
  /** Not in the SDK's types. The SDK's own `withOptions()` copies it, too. */
  readonly fetch: Fetch;
  /** Protected. The options as the constructor was given them. */
  readonly _options?: { readonly apiKey?: unknown };
  /** Protected. Clients of other platforms rewrite and sign requests in it. */
  backendMiddleware?(): readonly Middleware[];
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** `APIRequest` of the SDK: `RequestInit`, the URL, and headers that may be changed in place. */
export type ApiRequest = Omit<RequestInit, 'headers'> & { readonly url: string; readonly headers: Headers };

/** The options of a call. All attempts of the call share one object. */
export interface CallOptions {
  readonly method: string;
  /** The API's path, the same on every platform: `/v1/messages`. */
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
