import { ConfigurationError, headerNames } from '@payi/core';
import { type ResolvedPayi, setInAnyCase } from '@payi/core/adapter';
import type { HttpRequest } from './smithy.ts';
import { originOf } from './url.ts';

/** Where Pay-i's proxy for Bedrock is, taken apart once per registration. */
export interface ProxyTarget {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** Goes before the path of the provider. */
  readonly pathPrefix: string;
}

export function proxyTarget({ baseUrl }: ResolvedPayi): ProxyTarget {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  return {
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    pathPrefix: `${pathname.replace(/\/$/, '')}/api/v1/proxy/aws.bedrock`,
  };
}

/**
 * Turns a signed request to AWS into a request to Pay-i's proxy. The path stays byte for byte as it was signed, ARNs
 * encoded; the proxy puts back the host from `xProxy-Provider-BaseUri` before it hands the request on.
 *
 * @param request - A copy of ours; changed in place.
 * @throws `ConfigurationError` when the client points at Pay-i already.
 */
export function redirectToProxy(request: HttpRequest, target: ProxyTarget, apiKey: string): void {
  if (
    request.hostname === target.hostname &&
    request.port === target.port &&
    request.protocol === target.protocol
  ) {
    throw new ConfigurationError(
      "the client's endpoint is Pay-i itself, so its calls are signed for the wrong host; remove the endpoint option " +
        "from the client: route 'proxy' redirects its calls after signing",
    );
  }
  setInAnyCase(request.headers, headerNames.apiKey, apiKey);
  setInAnyCase(request.headers, headerNames.providerBaseUri, originOf(request));
  for (const name of Object.keys(request.headers)) {
    // The transport writes the proxy's own host.
    if (/^(host|:authority)$/i.test(name)) delete request.headers[name];
  }
  request.protocol = target.protocol;
  request.hostname = target.hostname;
  request.port = target.port;
  request.path = target.pathPrefix + request.path;
}
