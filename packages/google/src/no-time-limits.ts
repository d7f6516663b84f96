// Only Google's SDK lifts the time limits of Node's `fetch`, and only if it was not given a `fetch`.

/** Where Node.js keeps what sends the requests of `fetch`. */
const dispatcherKey = Symbol.for('undici.globalDispatcher.1');

interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
}

/** Hands on to the global dispatcher of that moment, without its limits of five minutes. */
const withoutLimits: Dispatcher = {
  dispatch(options, handler) {
    const { [dispatcherKey]: dispatcher } = globalThis as { [dispatcherKey]?: Dispatcher };
    if (dispatcher === undefined) throw new TypeError('Node.js has no global dispatcher');
    return dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler);
  },
};

/**
 * The global `fetch` as Google's SDK calls it when it has no other. It is for requests of that SDK alone: others keep the
 * limits that they have without us.
 */
export function sendLikeGoogle(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers ?? (input as Partial<Request>).headers);
  const isOfSdk = headers.get('x-goog-api-client')?.includes('google-genai-sdk/') === true;
  return globalThis.fetch(
    input,
    isOfSdk && dispatcherKey in globalThis ? ({ dispatcher: withoutLimits, ...init } as RequestInit) : init,
  );
}
