import type { ResolvedPayi } from '@payi/core/adapter';
import { ConfigurationError, headerNames, isAtPayi } from '@payi/core/adapter';
import type { FetchCall } from '@payi/core/calls';
import type { HttpRequest } from './client.ts';

/** The address of Pay-i's proxy for Bedrock, parsed once per registration. */
export interface ProxyTarget {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** The path before the provider's path. */
  readonly pathPrefix: string;
}

const proxyPath = '/api/v1/proxy/aws.bedrock';

function signedForPayi(): ConfigurationError {
  return new ConfigurationError(
    "the client's endpoint is Pay-i itself, so its calls are signed for the wrong host; " +
      "remove the client's endpoint option: route 'proxy' redirects after signing",
  );
}

export function proxyTarget({ baseUrl }: ResolvedPayi): ProxyTarget {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  return {
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    pathPrefix: `${pathname.replace(/\/$/, '')}${proxyPath}`,
  };
}

export function isAddressedTo(request: HttpRequest, { protocol, hostname, port }: ProxyTarget): boolean {
  return request.hostname === hostname && request.port === port && request.protocol === protocol;
}

/**
 * Turns a signed request to AWS into a request to Pay-i's proxy. The signed path follows the prefix byte for byte, with
 * ARNs encoded. The proxy restores the host from `xProxy-Provider-BaseUri` before it forwards the request.
 *
 * An endpoint may have a path of its own before AWS's path. It belongs to the provider's address.
 *
 * @param request - Our copy, without the signed host. Changed in place.
 * @throws `ConfigurationError` when the client points at Pay-i already.
 */
export function redirectToProxy(request: HttpRequest, target: ProxyTarget, apiKey: string): HttpRequest {
  const { protocol, hostname, port, pathPrefix } = target;
  if (isAddressedTo(request, target)) {
    throw signedForPayi();
  }
  request.headers[headerNames.apiKey] = apiKey;
  const ownPath = request.path.slice(0, Math.max(0, request.path.indexOf('/model/')));
  request.headers[headerNames.providerBaseUri] = originOf(request) + ownPath;
  request.protocol = protocol;
  request.hostname = hostname;
  request.port = port;
  request.path = pathPrefix + request.path.slice(ownPath.length);
  return request;
}

/** A host name as sockets take it: an IPv6 address without its brackets. */
export function socketHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Scheme, host and port, as the request is addressed. */
export function originOf(request: HttpRequest): string {
  const port = request.port === undefined ? '' : `:${request.port}`;
  return `${request.protocol}//${request.hostname}${port}`;
}

export function urlOf(request: HttpRequest): string {
  return originOf(request) + targetOf(request);
}

/** Path and query as they stand on the request line. The path is percent-encoded already and stays unchanged. */
export function targetOf(request: HttpRequest): string {
  const query = Object.entries(request.query ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => pair(name, one)));
  return query.length > 0 ? `${request.path}?${query.join('&')}` : request.path;
}

function pair(name: string, value: string | null): string {
  return value === null ? escapeUri(name) : `${escapeUri(name)}=${escapeUri(value)}`;
}

/** RFC 3986, as AWS's canonical query string wants it. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The URL of a request about a model. */
export interface ModelUrl {
  /** The provider's address: scheme, host, port, and a path of the endpoint's own. */
  readonly provider: string;
  /** AWS's path and query, percent-encoded as they were signed. */
  readonly path: string;
  /** Decoded: an id or an ARN. */
  readonly modelId: string;
  /** `invoke`, `converse-stream` … */
  readonly action: string;
}

const modelUrl = /^(.*?)(\/model\/([^/?]+)\/([a-z-]+)(?:\?.*)?)$/;

export function splitUrl(url: string): ModelUrl | undefined {
  const [, provider, path, id, action] = modelUrl.exec(url) ?? [];
  if (provider === undefined || path === undefined || id === undefined || action === undefined)
    return undefined;
  return { provider, path, modelId: decode(id), action };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * {@link redirectToProxy} for a request that is sent by `fetch`.
 *
 * @throws `ConfigurationError` when the request is addressed to Pay-i already.
 */
export function throughProxy(
  { provider, path }: ModelUrl,
  { baseUrl }: ResolvedPayi,
): NonNullable<FetchCall['proxied']> {
  if (isAtPayi({ baseUrl }, `${provider}/`)) throw signedForPayi();
  return { url: baseUrl + proxyPath + path, headers: { [headerNames.providerBaseUri]: provider } };
}
