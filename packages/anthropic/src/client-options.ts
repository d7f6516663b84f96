import { type ClientOptions, clientOptions, LazyModule } from '@payi/core/adapter';

const calls = /* @__PURE__ */ new LazyModule(() => import('./fetch-call.ts'));

/** Options of {@link payiClientOptions}. */
export type PayiClientOptions = ClientOptions<typeof globalThis.fetch>;

/**
 * Options for whoever calls the Messages API with a `fetch`: `createAnthropic()` of the Vercel AI SDK, or the constructor of
 * a client of the Anthropic SDK, also of a version before the first that `withPayi()` takes:
 * `new Anthropic({ ...payiClientOptions() })`. The SDK need not be installed. The only member is `fetch`; pass a `fetch` of
 * your own to this function.
 *
 * The address of a request tells its platform: Anthropic, Foundry, Vertex AI, or Mantle on Bedrock. On route `proxy` Pay-i
 * serves the first two; calls of the others go to the provider, with a warning in the receipt. For
 * `bedrock-runtime` use `payiClientOptions()` of `@payi/bedrock`.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  return clientOptions(options, (fetch, settings) =>
    calls.prepare(({ observeRequests }) => observeRequests(fetch, settings), settings.payi.report),
  );
}
