import type { ServerHandler } from './listen.ts';

/**
 * Lets pages of any origin call a server, and answers the browser's question before the call (a preflight). Requests
 * without an `Origin` are not affected.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function crossOrigin(handler: ServerHandler): ServerHandler {
  return (request, response) => {
    const { origin } = request.headers;
    if (origin === undefined) return handler(request, response);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', '*');
    const method = request.headers['access-control-request-method'];
    if (request.method !== 'OPTIONS' || method === undefined) return handler(request, response);
    response.writeHead(204, {
      'access-control-allow-methods': method,
      // A `*` would not cover `Authorization`.
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    });
    response.end();
  };
}
