import { type ClientOptions, clientOptions, LazyModule } from '@payi/core/adapter';

const calls = /* @__PURE__ */ new LazyModule(() => import('./fetch-call.ts'));

/** Options of {@link payiClientOptions}. */
export type PayiClientOptions = ClientOptions<typeof globalThis.fetch>;

/**
 * Options for a client of Bedrock that signs requests itself and then calls a `fetch`: `createAmazonBedrock()` of the Vercel
 * AI SDK, or a client of your own with `aws4fetch`. The AWS SDK need not be installed. The only member is `fetch`; pass a
 * `fetch` of your own to this function.
 *
 * Annotate calls with `track()` or `payiMiddleware` of `@payi/core/context`. They are put on after signing, and on route
 * `proxy` the request goes to Pay-i with its signature as it was. A request with a Bedrock API key needs no signature.
 * `xProxy-*` headers that were signed would break the signature, or reach AWS: such a call is refused with an
 * `InvalidAnnotationError`, except on route `headers`.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  return clientOptions(options, (fetch, settings) =>
    calls.prepare(({ observeRequests }) => observeRequests(fetch, settings), settings.payi.report),
  );
}
