import type { FetchSettings, ResolvedPayi } from '@payi/core/adapter';
import { clientFetch, type FetchCall, type FetchRequest } from '@payi/core/calls';
import { proxiedAddress, splitAddress } from './address.ts';
import { findOperation } from './operations.ts';

/** The `fetch` of `payiClientOptions()`. */
export function observeRequests(
  fetch: typeof globalThis.fetch,
  settings: FetchSettings,
): typeof globalThis.fetch {
  return clientFetch(fetch, settings, '@payi/google', requestDescriber(settings.payi));
}

/** @returns A function that returns `undefined` for a request that is not metered. */
export function requestDescriber({
  route,
  baseUrl,
}: ResolvedPayi): (request: FetchRequest) => FetchCall | undefined {
  return ({ method, url }) => {
    const address = method === 'POST' ? splitAddress(url) : undefined;
    const operation = address && findOperation(address.operation);
    if (operation === undefined || address === undefined) return undefined;
    return {
      category: 'system.google.vertex',
      operation: address.operation,
      // Pay-i puts the publisher before the model, and prices the Gemini API like Vertex AI.
      resource: `${address.publisher ?? 'google'}.${decodeModel(address.model)}`,
      providerUri: address.base,
      proxied:
        operation.isProxied && address.hasProject && route === 'proxy'
          ? proxiedAddress(address, baseUrl)
          : undefined,
      // Without `alt=sse`, a stream is one list.
      isStream: /[?&]alt=sse(?:&|$)/.test(url),
      readBody: operation.readBody,
      events: operation.events,
    };
  };
}

function decodeModel(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
