interface SentRequest {
  /** What Node's `fetch` tells of a request when its headers have gone out. */
  readonly request: { readonly origin: unknown; readonly path: string };
  readonly socket: { unref?(): void };
}

interface DiagnosticsChannel {
  subscribe(name: string, onMessage: (message: SentRequest) => void): void;
}

const { process } = globalThis as {
  readonly process?: { getBuiltinModule?(name: string): DiagnosticsChannel | undefined };
};

/** Starts of the URLs of all that is sent. */
const starts = new Set<string>();

/**
 * Lets the process end while requests to the ingest API are under way, as timers do that do not keep it alive. Node's
 * `fetch` has no option for that and holds the process until it is answered; but it tells of each request and its
 * socket, and takes hold of the socket again with the next request on it.
 *
 * @param start - Of the URLs of such requests.
 * @see https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function letProcessEnd(start: string): void {
  if (starts.size === 0) {
    process
      ?.getBuiltinModule?.('node:diagnostics_channel')
      ?.subscribe('undici:client:sendHeaders', ({ request, socket }) => {
        const url = String(request.origin) + request.path;
        for (const known of starts) if (isIngest(url, known)) socket.unref?.();
      });
  }
  starts.add(start);
}

function isIngest(url: string, start: string): boolean {
  return url.startsWith(start) && /^(?:ingest|requests\/provider)[/?]|^ingest$/.test(url.slice(start.length));
}
