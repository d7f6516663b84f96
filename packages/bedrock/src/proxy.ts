import { ConfigurationError, headerNames, type ResolvedPayi, setInAnyCase } from '@payi/core';
import type { HttpRequest } from './smithy.ts';
import { originOf } from './url.ts';

const proxyPath = '/api/v1/proxy/aws.bedrock';

/**
 * Turns a signed request to AWS into a request to Pay-i's proxy. The path stays byte for byte as it was signed, ARNs
 * encoded; the proxy puts back the host from `xProxy-Provider-BaseUri` before it hands the request on.
 *
 * @param request - A copy of ours; changed in place.
 */
export function redirectToProxy(request: HttpRequest, payi: ResolvedPayi): void {
  const provider = originOf(request);
  const base = new URL(payi.baseUrl);
  if (new URL(provider).host === base.host) {
    throw new ConfigurationError(
      "the client's endpoint is Pay-i itself, so its calls are signed for the wrong host; remove the endpoint option " +
        "from the client, route 'proxy' redirects its calls after signing",
    );
  }
  setInAnyCase(request.headers, headerNames.apiKey, payi.apiKey());
  setInAnyCase(request.headers, headerNames.providerBaseUri, provider);
  for (const name of Object.keys(request.headers)) {
    // The transport writes the proxy's own host.
    if (/^(host|:authority)$/i.test(name)) delete request.headers[name];
  }
  request.protocol = base.protocol;
  request.hostname = base.hostname;
  request.port = base.port === '' ? undefined : Number(base.port);
  request.path = base.pathname.replace(/\/$/, '') + proxyPath + request.path;
}
