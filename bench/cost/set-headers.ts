import type { AsyncLocalStorage } from 'node:async_hooks';
import type { HeaderRecord } from './annotations.ts';

/** A `fetch` by hand, which sets the headers of the context on the request that the SDK built. */
export function headersFrom(storage: AsyncLocalStorage<HeaderRecord>, inner: typeof fetch): typeof fetch {
  return (url, init) => {
    const headers = storage.getStore();
    const sent = init?.headers as Headers;
    for (const name in headers) sent.set(name, headers[name] as string);
    return inner(url, init);
  };
}
