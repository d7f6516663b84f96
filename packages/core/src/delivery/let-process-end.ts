interface Socket {
  ref?(): void;
  unref?(): void;
}

interface Request {
  readonly origin: unknown;
  readonly path: string;
}

/** What Node's `fetch` tells on these channels. */
interface Messages {
  'undici:request:create': { readonly request: Request };
  'undici:client:beforeConnect': {
    readonly connectParams: { readonly protocol: string; readonly host: string };
  };
  'net.client.socket': { readonly socket: Socket };
  'undici:client:connected': { readonly socket: Socket };
  'undici:client:sendHeaders': { readonly request: Request; readonly socket: Socket };
}

interface DiagnosticsChannel {
  subscribe<Name extends keyof Messages>(name: Name, onMessage: (message: Messages[Name]) => void): void;
}

const { process } = globalThis as {
  readonly process?: { getBuiltinModule?(name: string): DiagnosticsChannel | undefined };
};

/** Starts of the URLs of all that is sent. */
const starts = new Set<string>();

/**
 * Lets the process end while requests to the ingest API are under way, as timers do that do not keep it alive. Node's
 * `fetch` has no option for that and holds the process until it is answered; but it tells of each connection, each
 * request and its socket, and takes hold of the socket again with the next request on it.
 *
 * @param start - Of the URLs of such requests.
 * @see https://undici.nodejs.org/#/docs/api/DiagnosticsChannel
 */
export function letProcessEnd(start: string): void {
  if (starts.size === 0) {
    const channels = process?.getBuiltinModule?.('node:diagnostics_channel');
    if (channels !== undefined) letGoOfSockets(channels);
  }
  starts.add(start);
}

function letGoOfSockets(channels: DiagnosticsChannel): void {
  /** Of the request that was made last, if it is one of ours. */
  let origin: unknown;
  let isConnecting = false;
  const connecting = new WeakSet<Socket>();
  channels.subscribe('undici:request:create', ({ request }) => {
    origin = isOurs(request) ? request.origin : undefined;
  });
  channels.subscribe('undici:client:beforeConnect', ({ connectParams: { protocol, host } }) => {
    isConnecting = `${protocol}//${host}` === origin;
    origin = undefined;
    // The socket is made before anything else runs, or it is none of Node's.
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
  channels.subscribe('undici:client:connected', ({ socket }) => {
    // From here on it is the requests that hold it.
    if (connecting.delete(socket)) socket.ref?.();
  });
  channels.subscribe('undici:client:sendHeaders', ({ request, socket }) => {
    if (isOurs(request)) socket.unref?.();
  });
}

function isOurs({ origin, path }: Request): boolean {
  const url = String(origin) + path;
  for (const start of starts) if (isIngest(url, start)) return true;
  return false;
}

function isIngest(url: string, start: string): boolean {
  return url.startsWith(start) && /^(?:ingest|requests\/provider)[/?]|^ingest$/.test(url.slice(start.length));
}
