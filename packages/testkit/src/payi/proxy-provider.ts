import { ProxyError } from './proxy-error.ts';

/**
 * Where the local Pay-i really connects to: one URL for all providers, or URLs by the host name (with the port, if
 * the provider's URI has one that is not the default) that calls give for their provider.
 */
export type Upstream = string | Readonly<Record<string, string>>;

/** The provider of one call. */
export interface ProviderTarget {
  /** Scheme, host and port to connect to. */
  origin: URL;
  /** The `Host` header the provider sees: that of the URI in the call, wherever the connection goes. */
  host: string;
}

/**
 * Finds the provider of a call. A local Pay-i never talks to the internet by itself: a host that `upstream` does not
 * redirect has to be a loopback address.
 *
 * @param baseUri - The value of `xProxy-Provider-BaseUri`.
 * @throws {@link ProxyError} with status 400: `header_is_missing`, `invalid_provider_uri` when it is not a scheme and
 *   a host, or `invalid_provider_host`.
 */
export function resolveProvider(baseUri: string | undefined, upstream: Upstream | undefined): ProviderTarget {
  if (!baseUri)
    throw new ProxyError(400, 'header_is_missing', 'The header xProxy-Provider-BaseUri is missing.');
  const uri = URL.canParse(baseUri) ? new URL(baseUri) : undefined;
  if (!uri || !isOrigin(uri)) {
    throw new ProxyError(
      400,
      'invalid_provider_uri',
      'xProxy-Provider-BaseUri must be a scheme and a host, such as https://bedrock-runtime.us-east-1.amazonaws.com.',
    );
  }
  const redirect =
    typeof upstream === 'string' ? upstream : (upstream?.[uri.host] ?? upstream?.[uri.hostname]);
  if (redirect !== undefined) return { origin: new URL(redirect), host: uri.host };
  if (isLoopback(uri.hostname)) return { origin: uri, host: uri.host };
  throw new ProxyError(
    400,
    'invalid_provider_host',
    `The local Pay-i connects to loopback addresses only. Redirect ${uri.host} with the option upstream.`,
  );
}

/** @throws {TypeError} A redirection does not lead to an http or https URL. */
export function checkUpstream(upstream: Upstream | undefined): void {
  const redirects = typeof upstream === 'string' ? [upstream] : Object.values(upstream ?? {});
  for (const redirect of redirects) {
    if (URL.canParse(redirect) && isOrigin(new URL(redirect))) continue;
    throw new TypeError(`upstream must hold URLs such as http://127.0.0.1:8080, got ${redirect}`);
  }
}

function isOrigin(uri: URL): boolean {
  const isHttp = uri.protocol === 'http:' || uri.protocol === 'https:';
  return isHttp && uri.pathname === '/' && !uri.search && !uri.hash && !uri.username && !uri.password;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
