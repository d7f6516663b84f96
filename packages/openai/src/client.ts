import { UnsupportedClientError } from '@payi/core/adapter';

/** The parts of a client that this package uses. `fetch` is private in the SDK's types, but present in all its versions. */
export interface OpenAIClient {
  readonly baseURL: string;
  readonly fetch: typeof globalThis.fetch;
}

/** An `AzureOpenAI`, with its additional members. */
export interface AzureClient extends OpenAIClient {
  readonly apiVersion: string;
  readonly deploymentName: string | undefined;
}

/** @throws `UnsupportedClientError` when the object is not a client of the OpenAI SDK. */
export function assertOpenAIClient(client: unknown): asserts client is OpenAIClient {
  const candidate = client as
    | (Partial<OpenAIClient> & { withOptions?: unknown; chat?: { completions?: unknown } })
    | null
    | undefined;
  const missing: string[] = [];
  if (typeof candidate?.withOptions !== 'function') missing.push('withOptions');
  if (typeof candidate?.fetch !== 'function') missing.push('fetch');
  if (typeof candidate?.baseURL !== 'string') missing.push('baseURL');
  if (candidate?.chat?.completions === undefined) missing.push('chat.completions');
  if (missing.length > 0) {
    throw new UnsupportedClientError(
      '@payi/openai',
      missing,
      'an OpenAI or AzureOpenAI client of openai 5, 6 or 7',
    );
  }
}

export function isAzureClient(client: OpenAIClient): client is AzureClient {
  return 'apiVersion' in client && 'deploymentName' in client;
}
