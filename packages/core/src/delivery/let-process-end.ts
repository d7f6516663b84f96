/** What Node's `fetch` and sockets publish: each channel some of it. */
interface Message {
  readonly request: { readonly origin: unknown; readonly path: string };
  readonly socket: { ref?(): void; unref?(): void };
  readonly connectParams: { readonly protocol: string; readonly host: string };
}

interface DiagnosticsChannel {
  subscribe(name: string, onMessage: (message: Message) => void): void;
}

const { process } = globalThis as {
  readonly process?: { getBuiltinModule?(name: string): DiagnosticsChannel | undefined };
};

/** URL prefixes of the ingest API. */
const starts = new Set<string>();

/**
 * Lets the process end while requests to the ingest API are under way. Node's `fetch` has no option for that and keeps
 * the process alive until the answer comes. But it publishes each connection, and each request with its socket.
 * The next request refs the socket again.
 *
 * @param start - The prefix of their URLs.
 * @see https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function letProcessEnd(start: string): void {
  if (starts.size === 0) {
    const channels = process?.getBuiltinModule?.('node:diagnostics_channel');
    if (channels !== undefined) unrefSockets(channels);
  }
  starts.add(start);
}

function unrefSockets(channels: DiagnosticsChannel): void {
  /** Origin of the latest request, if it is one of ours. */
  let origin: unknown;
  let isConnecting = false;
  const connecting = new WeakSet<Message['socket']>();
  channels.subscribe('undici:request:create', ({ request }) => {
    origin = isOurs(request) ? request.origin : undefined;
  });
  channels.subscribe('undici:client:beforeConnect', ({ connectParams: { protocol, host } }) => {
    isConnecting = `${protocol}//${host}` === origin;
    origin = undefined;
    // Node creates the socket before anything else runs. A later socket is not ours.
    void Promise.resolve().then(() => {
      isConnecting = false;
    });
  });
  channels.subscribe('net.client.socket', ({ socket }) => {
    if (!isConnecting) return;
    isConnecting = false;
    connecting.add(socket);
    socket.unref?.();
  });
  // From here on requests ref and unref it.
  channels.subscribe('undici:client:connected', ({ socket }) => {
    if (connecting.delete(socket)) socket.ref?.();
  });
  channels.subscribe('undici:client:sendHeaders', ({ request, socket }) => {
    if (isOurs(request)) socket.unref?.();
  });
}

function isOurs({ origin, path }: Message['request']): boolean {
  const url = String(origin) + path;
  return [...starts].some(
    (start) =>
      url.startsWith(start) && /^(?:ingest|requests\/provider)[/?]|^ingest$/.test(url.slice(start.length)),
  );
}
