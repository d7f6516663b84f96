import { findLocalProvider } from '../local-providers.ts';
import { ProxyError } from './proxy-error.ts';

/**
 * The address that the local Pay-i connects to in place of the provider: one URL for all providers, or URLs by the
 * provider's host name. The name includes the port if the provider's URI has a port other than the default.
 */
export type Upstream = string | Readonly<Record<string, string>>;

/** The provider of one call. */
export interface ProviderTarget {
  /** Scheme, host and port to connect to. */
  origin: URL;
  /** The path of the URI in the call, without a slash at its end. What the call asks for comes behind it. */
  path: string;
  /** The `Host` header for the provider: the host of the URI in the call, also if the connection is redirected. */
  host: string;
  /** A certificate in PEM form to trust besides those that the local Pay-i trusts for every provider. */
  certificate?: string;
}

/**
 * Finds the provider of a call: where `upstream` redirects its host, or else the local provider for that host that
 * was started last in this process. A local Pay-i never connects to the internet by itself: any other host must be a
 * loopback address.
 *
 * @param baseUri - The value of `xProxy-Provider-BaseUri`.
 * @throws {@link ProxyError} with status 400: `header_is_missing`, `invalid_provider_uri` if it is not a scheme, a
 *   host and possibly a path, or `invalid_provider_host`.
 */
export function resolveProvider(baseUri: string | undefined, upstream: Upstream | undefined): ProviderTarget {
  if (!baseUri)
    throw new ProxyError(400, 'header_is_missing', 'The header xProxy-Provider-BaseUri is missing.');
  const uri = URL.canParse(baseUri) ? new URL(baseUri) : undefined;
  if (!uri || !isBase(uri)) {
    throw new ProxyError(
      400,
      'invalid_provider_uri',
      'xProxy-Provider-BaseUri must be a scheme and a host, and may have a path, such as https://bedrock-runtime.us-east-1.amazonaws.com.',
    );
  }
  const redirect =
    typeof upstream === 'string' ? upstream : (upstream?.[uri.host] ?? upstream?.[uri.hostname]);
  const path = uri.pathname.replace(/\/+$/, '');
  if (redirect !== undefined) return { origin: new URL(redirect), host: uri.host, path };
  if (isLoopback(uri.hostname)) return { origin: uri, host: uri.host, path };
  const local = findLocalProvider(uri.hostname);
  if (local !== undefined) {
    const { url, certificate } = local;
    return { origin: new URL(url), host: uri.host, path, ...(certificate !== undefined && { certificate }) };
  }
  throw new ProxyError(
    400,
    'invalid_provider_host',
    `The local Pay-i connects to loopback addresses only. Start a local provider for ${uri.host}, or redirect it with the option upstream.`,
  );
}

/** @throws {TypeError} A redirection is not an http or https URL. */
export function checkUpstream(upstream: Upstream | undefined): void {
  const redirects = typeof upstream === 'string' ? [upstream] : Object.values(upstream ?? {});
  for (const redirect of redirects) {
    if (URL.canParse(redirect) && isOrigin(new URL(redirect))) continue;
    throw new TypeError(`upstream must hold URLs such as http://127.0.0.1:8080, got ${redirect}`);
  }
}

function isOrigin(uri: URL): boolean {
  return isBase(uri) && uri.pathname === '/';
}

function isBase(uri: URL): boolean {
  const isHttp = uri.protocol === 'http:' || uri.protocol === 'https:';
  return isHttp && !uri.search && !uri.hash && !uri.username && !uri.password;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
