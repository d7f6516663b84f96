import { headersAreUsed } from '../annotations/unused-headers.ts';
import type { WithLoaded } from '../call/lazy-module.ts';
import { registrations, registrationsOf } from '../call/registrations.ts';
import { type AdapterOptions, resolveOptions } from '../settings/resolve-options.ts';
import { isDisabled } from '../settings/resolved-payi.ts';
import { web } from '../web.ts';
import type { FetchSettings } from './attempt.ts';
import { lazyFetch } from './lazy-fetch.ts';

/** Options of an adapter's `payiClientOptions()`. `Fetch` is the type of the global `fetch`, which core does not have. */
export interface ClientOptions<Fetch> extends AdapterOptions {
  /**
   * Sends the requests.
   *
   * @default the global `fetch`
   */
  readonly fetch?: Fetch | undefined;
}

/**
 * What an adapter's `payiClientOptions()` returns: a `fetch` that observes the calls of its provider. A `fetch` that has
 * Pay-i already is returned as it is, and so is any while Pay-i is switched off.
 *
 * @param observe - Begins to load what observes the calls of a `fetch`.
 * @param others - Options that only this adapter has, resolved.
 * @throws `ConfigurationError` an option is malformed, or the route needs a key and there is none.
 */
export function clientOptions<Fetch extends (input: never, init?: never) => Promise<unknown>>(
  options: ClientOptions<Fetch>,
  observe: (fetch: Fetch, settings: FetchSettings) => WithLoaded<Fetch>,
  others: object = {},
): { fetch: Fetch } {
  headersAreUsed();
  const global = (input: string, init: object): unknown => web.fetch(input, init as Record<string, unknown>);
  const fetch = options.fetch ?? (global as unknown as Fetch);
  if (isDisabled(options)) return { fetch };
  const given = resolveOptions('payiClientOptions()', options, ['fetch', ...Object.keys(others)]);
  if (registrationsOf({ fetch }).length > 0) return { fetch };
  const { payi } = given;
  const settings = { ...given, ...others };
  const observed = lazyFetch(fetch, observe(fetch, settings));
  // A missing key must throw here rather than at the first call.
  if (payi.route !== 'headers') payi.apiKey();
  registrations.set(observed, new Set([settings]));
  return { fetch: observed };
}
