import type { HttpRequest } from './smithy.ts';

/** Scheme, host and port, as the request is addressed. */
export function originOf(request: HttpRequest): string {
  const port = request.port === undefined ? '' : `:${request.port}`;
  return `${request.protocol}//${request.hostname}${port}`;
}

export function urlOf(request: HttpRequest): string {
  return originOf(request) + targetOf(request);
}

/** Path and query as they stand on the request line. The path is already percent-encoded and is left as it is. */
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
