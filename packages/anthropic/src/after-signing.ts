import { type Attempt, attemptOf, sendAttempt } from './attempt.ts';
import { throughProxy } from './proxy.ts';
import type { Fetch } from './sdk.ts';

/**
 * The `fetch` of a client that rewrites and signs its requests behind middleware: puts on what was kept from the signer,
 * and on route `proxy` sends the request to Pay-i with its signature as it is.
 *
 * @param inner - The client's own.
 */
export function fetchAfterSigning(inner: Fetch): Fetch {
  return (url, init) => {
    const attempt = attemptOf(init);
    if (attempt === undefined) return inner(url, init);
    const request = addressed(attempt, url, new Headers(init?.headers));
    sendAttempt(attempt, init?.method ?? 'GET', request.url, request.headers);
    const isProxied = attempt.call.registration.payi.route === 'proxy';
    return inner(request.url, {
      ...init,
      headers: request.headers,
      // Where a redirect points, neither Pay-i's key nor the prompt is to go.
      ...(isProxied && { redirect: 'manual' }),
    });
  };
}

function addressed({ call, headers: behind }: Attempt, url: string, headers: Headers) {
  const { payi } = call.registration;
  for (const name in behind) headers.set(name, behind[name] as string);
  if (payi.route !== 'proxy') return { url, headers };
  const proxied = throughProxy(url, new URL(url).origin.length, call.registration);
  for (const name in proxied.headers) headers.set(name, proxied.headers[name] as string);
  // `fetch` writes the proxy's own. The signed one is put back by the proxy, from xProxy-Provider-BaseUri.
  headers.delete('host');
  return { url: proxied.url, headers };
}
