import http from 'node:http';
import { Readable } from 'node:stream';
import type { Fetch } from './confinement.ts';
import type { Redirects } from './outgoing.ts';

/**
 * Stands in for the global `fetch`: sends each request to this machine, under the host that it was addressed to, because
 * that may be signed. `fetch` itself would write the local one.
 */
export function localFetch(redirects: Redirects): Fetch {
  return async (input, init) => {
    const request = new Request(input, withoutDispatcher(init));
    const body = Buffer.from(await request.arrayBuffer());
    const headers = Object.fromEntries(request.headers);
    const { url, headers: sent } = redirects.redirect(request.method, addressOf(input), headers, body.length);
    return send(url, {
      method: request.method,
      headers: { ...sent, host: new URL(request.url).host, 'content-length': String(body.length) },
      body,
    });
  };
}

/** A proxy agent, say, has nothing to do here. */
function withoutDispatcher(init: RequestInit | undefined): RequestInit {
  const { dispatcher: _, ...rest } = (init ?? {}) as RequestInit & { dispatcher?: unknown };
  return rest;
}

/** As it was given: a `Request` writes some addresses in another way. */
function addressOf(input: Parameters<Fetch>[0]): string {
  if (typeof input === 'string') return input;
  return input instanceof URL ? input.href : input.url;
}

function send(
  url: URL,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: Buffer },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers }, (incoming) => {
      const received = new Headers();
      for (const [name, value] of Object.entries(incoming.headers)) {
        for (const one of [value ?? []].flat()) received.append(name, one);
      }
      const status = incoming.statusCode ?? 500;
      const isEmpty = status === 204 || status === 304;
      const stream = isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream);
      resolve(new Response(stream, { status, headers: received }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
