import type { HeaderList } from '../header-list.ts';

/** The `xProxy-*` headers that carry no annotation, in lower case. */
export const proxyHeaderNames = {
  apiKey: 'xproxy-api-key',
  providerBaseUri: 'xproxy-provider-baseuri',
} as const;

const ownPrefix = 'xproxy-';
const forwardPrefix = 'xproxy-forward-';

/** Headers that apply to one connection (RFC 9110, section 7.6.1), including those of HTTP/1.0. */
const hopByHopNames = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Turns the headers of a call into the headers for the provider: without `xProxy-*`, hop-by-hop headers and HTTP/2
 * pseudo-headers, with `xProxy-Forward-<Name>` as `<Name>` and with the provider's own `Host`. All other headers keep
 * their value, spelling and order, because they may be signed.
 *
 * @param host - The provider's host, with the port unless it is the scheme's default.
 * @returns `Host` first.
 */
export function toProviderHeaders(headers: HeaderList, host: string): HeaderList {
  const provider: [string, string][] = [['Host', host]];
  for (const [name, value] of endToEndHeaders(headers)) {
    const lowerCaseName = name.toLowerCase();
    if (lowerCaseName.startsWith(forwardPrefix) && lowerCaseName.length > forwardPrefix.length) {
      provider.push([name.slice(forwardPrefix.length), value]);
    } else if (lowerCaseName !== 'host' && !lowerCaseName.startsWith(ownPrefix)) {
      provider.push([name, value]);
    }
  }
  return provider;
}

/** The headers of a message that a proxy passes on: all except pseudo-headers and hop-by-hop headers. */
export function endToEndHeaders(headers: HeaderList): HeaderList {
  const namedByConnection = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((name) => name.trim().toLowerCase()));
  return headers.filter(
    ([name]) =>
      !name.startsWith(':') &&
      !hopByHopNames.has(name.toLowerCase()) &&
      !namedByConnection.includes(name.toLowerCase()),
  );
}
