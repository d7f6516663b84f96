import { UnsupportedClientError } from '@payi/core';
import type { ClientInternals } from './sdk.ts';

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
