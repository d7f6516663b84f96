import { ConfigurationError, headerNames } from '@payi/core';
import type { ResolvedPayi } from '@payi/core/adapter';
import type { Platform } from './platform.ts';

/** A request as it goes to Pay-i. */
export interface ProxiedRequest {
  readonly url: string;
  /** Pay-i's own headers, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Way {
  readonly platform: Platform;
  readonly payi: ResolvedPayi;
}

/**
 * The way of a request through Pay-i's proxy, whose path is the platform's with that of the provider behind it, byte for
 * byte. A client that was pointed at Pay-i by hand, as its guides show, needs only the key.
 *
 * @param pathStart - Where the provider's path begins in `url`. Before it is the provider's address.
 */
export function throughProxy(url: string, pathStart: number, { platform, payi }: Way): ProxiedRequest {
  const apiKey = payi.apiKey();
  const { proxy } = platform;
  if ('refusal' in proxy || isWithin(url, payi.baseUrl)) {
    return { url, headers: { [headerNames.apiKey]: apiKey } };
  }
  const provider = url.slice(0, pathStart);
  const isKnown = provider === proxy.knownBaseUrl;
  return {
    url: payi.baseUrl + proxy.path + url.slice(pathStart),
    headers: {
      [headerNames.apiKey]: apiKey,
      ...(!isKnown && { [headerNames.providerBaseUri]: withoutEnd(provider, proxy.addedPath) }),
    },
  };
}

/** @throws `ConfigurationError` when a client whose requests are signed for its base URL has Pay-i for one. */
export function checkBaseUrl(url: string, { platform, payi }: Way): void {
  if (!platform.rewrites || !isWithin(url, payi.baseUrl)) return;
  throw new ConfigurationError(
    `the baseURL of ${platform.client} is Pay-i itself, so its calls are signed for the wrong host; remove it: ` +
      "route 'proxy' redirects calls after signing",
  );
}

/** Does an address lead to Pay-i? */
export function isWithin(url: string, baseUrl: string): boolean {
  return url.startsWith(baseUrl) && (url.length === baseUrl.length || url[baseUrl.length] === '/');
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length) : text;
}
