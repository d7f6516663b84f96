import { type ClientOptions, clientOptions } from '@payi/core/adapter';
import { calls, mayAsk, type WithPayiOptions } from './with-payi.ts';

/** Options of {@link payiClientOptions}. */
export interface PayiClientOptions extends WithPayiOptions, ClientOptions<typeof globalThis.fetch> {}

/**
 * Options for the constructor of an `OpenAI` or `AzureOpenAI` that have the effect of `withPayi()`:
 * `new OpenAI({ ...payiClientOptions({ payi }), timeout: 20_000 })`. Also for whatever else speaks OpenAI's interface and
 * takes a `fetch`, such as `createOpenAI()` of the Vercel AI SDK; OpenAI's own SDK need not be installed. The only member
 * is `fetch`; pass a `fetch` of your own to this function.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  const { askForUsage = true } = options;
  return clientOptions(
    options,
    (fetch, settings) => {
      const asks = mayAsk(options);
      return calls.prepare(
        ({ observeRequests }) => observeRequests(fetch, settings, asks),
        settings.payi.report,
      );
    },
    { askForUsage },
  );
}
