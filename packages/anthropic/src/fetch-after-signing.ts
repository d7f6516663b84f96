// Only Anthropic's clients of other platforms sign behind middleware, where annotations would be signed with the rest.
import { type ResolvedPayi, withMembers } from '@payi/core/adapter';
import { deletePayiHeaders, withinOrigin } from '@payi/core/calls';
import { throughProxy } from './address.ts';
import { attemptOf, setAll } from './attempt.ts';
import type { Fetch } from './client.ts';

/**
 * The `fetch` of a client that rewrites and signs its requests after middleware: adds the headers that were kept from
 * the signer, and on route `proxy` sends the request to Pay-i with its signature unchanged.
 *
 * @param inner - The client's own `fetch`.
 */
export function fetchAfterSigning(inner: Fetch, payi: ResolvedPayi): Fetch {
  const own = withinOrigin(inner as never, payi) as unknown as Fetch;
  const send: Fetch = (url, init) => {
    const attempt = attemptOf(init);
    if (attempt === undefined) return own(url, init);
    const { registration } = attempt.call;
    const headers = new Headers(init?.headers);
    setAll(headers, attempt.behindSigner ?? {});
    if (attempt.skips) deletePayiHeaders(headers);
    const isProxied = registration.payi.route === 'proxy' && !attempt.skips;
    const proxied = isProxied ? throughProxy(url, new URL(url).origin.length, registration) : undefined;
    if (proxied !== undefined) {
      setAll(headers, proxied.headers);
      // `fetch` sets the proxy's own host. The proxy restores the signed host from xProxy-Provider-BaseUri.
      headers.delete('host');
    }
    const target = proxied?.url ?? url;
    return attempt.send(own, target, { ...init, headers }, { url });
  };
  return withMembers(send, inner);
}
