import type { HttpRequest, HttpResponse } from '@payi/bedrock/adapter';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import type { RequestHandler } from './clients.ts';
import type { Redirects } from './outgoing.ts';

/**
 * Stands in for the request handler of an AWS client: sends each request to this machine, over the version of HTTP that
 * the client's own handler speaks, because that decides what is signed.
 */
export class LocalHandler implements RequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  readonly #redirects: Redirects;
  readonly #transport: NodeHttpHandler | NodeHttp2Handler;

  constructor(redirects: Redirects, protocol: string) {
    this.metadata = { handlerProtocol: protocol };
    this.#redirects = redirects;
    this.#transport = protocol === 'h2' ? new NodeHttp2Handler() : new NodeHttpHandler();
  }

  async handle(request: HttpRequest, options: object = {}): Promise<{ response: HttpResponse }> {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const url = `${request.protocol}//${request.hostname}${port}${request.path}${queryOf(request)}`;
    const { url: local, headers } = this.#redirects.redirect(
      request.method,
      url,
      request.headers,
      sizeOf(request.body),
    );
    const copy = Object.assign(
      Object.create(Object.getPrototypeOf(request) as object) as HttpRequest,
      request,
      {
        protocol: local.protocol,
        hostname: local.hostname,
        port: Number(local.port),
        path: local.pathname,
        headers,
      },
    );
    return this.#transport.handle(copy as never, options) as Promise<{ response: HttpResponse }>;
  }

  destroy(): void {
    this.#transport.destroy();
  }
}

function queryOf({ query }: HttpRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one ?? ''] as [string, string]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
}

function sizeOf(body: unknown): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.byteLength : 0;
}
