import { UnsupportedClientError } from '@payi/core/adapter';

/** A request as the SDK's resources hand it to their API client. */
export interface ApiRequest {
  readonly httpOptions?: { readonly fetch?: typeof globalThis.fetch | undefined } | undefined;
}

/** What all resources of a client send their requests with. Its class is not exported, its methods are public. */
export interface ApiClient {
  readonly clientOptions: {
    readonly project?: string | undefined;
    readonly location?: string | undefined;
  };
  getBaseUrl(): string;
  getFetch(): typeof globalThis.fetch | undefined;
  request: (request: ApiRequest) => Promise<unknown>;
  /** @returns The chunks of the answer. */
  requestStream: (request: ApiRequest) => Promise<AsyncGenerator<unknown>>;
}

/** The methods for models. They do not need `this`. */
export interface Models {
  generateContentStream(this: void, parameters: unknown): Promise<AsyncGenerator<unknown>>;
}

/** The parts of a client that this package uses. */
export interface GoogleClient {
  readonly vertexai: boolean;
  readonly apiClient: ApiClient;
  readonly httpOptions?: object | undefined;
  readonly live: object;
  readonly models: Models;
}

const methods = ['request', 'requestStream', 'getBaseUrl', 'getFetch'] as const;

/** @throws `UnsupportedClientError` when the object is not a client of the Google Gen AI SDK. */
export function assertGoogleClient(client: unknown): asserts client is GoogleClient {
  const { models, apiClient } = Object(client) as {
    models?: Partial<Models>;
    apiClient?: Partial<ApiClient>;
  };
  const missing = methods
    .filter((name) => typeof apiClient?.[name] !== 'function')
    .map((name) => `apiClient.${name}`);
  if (typeof models?.generateContentStream !== 'function') missing.unshift('models.generateContentStream');
  if (missing.length > 0) {
    throw new UnsupportedClientError(
      '@payi/google',
      missing,
      'a GoogleGenAI client of @google/genai 2.32 or later',
    );
  }
}
