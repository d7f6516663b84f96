import type { WithLoaded } from '../call/lazy-module.ts';
import type { WebSignal } from '../web.ts';

/**
 * A `fetch` that observes calls. Calls made before its module is loaded wait for it.
 *
 * @param fetch - The caller's. Sends the requests if the module cannot be loaded.
 * @param withObserved - Runs a function with the observed `fetch`, when the module is loaded.
 */
export function lazyFetch<Fetch extends (input: never, init?: never) => Promise<unknown>>(
  fetch: Fetch,
  withObserved: WithLoaded<Fetch>,
): Fetch {
  const lazy = (input: never, init?: never): Promise<unknown> =>
    withObserved(
      (observed) => observed(input, init),
      () => fetch(input, init),
      (init as { readonly signal?: WebSignal | null } | undefined)?.signal,
    );
  return withMembers(lazy, fetch) as Fetch;
}

/** Copies the members of the caller's `fetch` to its wrapper: the SDKs read `fetch.Response`. */
export function withMembers<Wrapper extends object>(wrapper: Wrapper, fetch: object): Wrapper {
  return Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(fetch));
}
