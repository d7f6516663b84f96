import { ConfigurationError, headerNames, isAtPayi, type ResolvedPayi } from '@payi/core/adapter';
import type { Platform } from './platform.ts';

/** A request as it goes to Pay-i. */
export interface ProxiedRequest {
  readonly url: string;
  /** Pay-i's own headers, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Route {
  readonly platform: Platform;
  readonly payi: ResolvedPayi;
}

/**
 * Rewrites a request to Pay-i's proxy: the platform's prefix, then the provider's path unchanged. A client that was
 * pointed at Pay-i by hand, as Pay-i's guides show, needs only the key.
 *
 * @param pathStart - Where the provider's path begins in `url`. The provider's address precedes it.
 */
export function throughProxy(url: string, pathStart: number, { platform, payi }: Route): ProxiedRequest {
  const apiKey = payi.apiKey();
  const { proxy } = platform;
  if ('refusal' in proxy || isAtPayi(payi, url)) {
    return { url, headers: { [headerNames.apiKey]: apiKey } };
  }
  const provider = url.slice(0, pathStart);
  const isKnown = provider === proxy.knownBaseUrl;
  return {
    url: payi.baseUrl + proxy.path + url.slice(pathStart),
    headers: {
      [headerNames.apiKey]: apiKey,
      ...(!isKnown && { [headerNames.providerBaseUri]: provider }),
    },
  };
}

/** @throws `ConfigurationError` when the base URL is Pay-i's and the client signs requests for it. */
export function checkBaseUrl(url: string, { platform, payi }: Route): void {
  if (!platform.rewrites || !isAtPayi(payi, url)) return;
  throw new ConfigurationError(
    `the baseURL of ${platform.client} is Pay-i itself, so its calls are signed for the wrong host; remove it: ` +
      "route 'proxy' redirects calls after signing",
  );
}

/** Where the API's path begins: after the client's base URL, which may have a path of its own. */
export function startOfPath(url: string): number {
  const query = url.indexOf('?');
  return url.lastIndexOf('/v1/messages', query === -1 ? undefined : query);
}
