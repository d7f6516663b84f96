import { type ClientOptions, clientOptions, LazyModule } from '@payi/core/adapter';
import { sendLikeGoogle } from './no-time-limits.ts';

const calls = /* @__PURE__ */ new LazyModule(() => import('./call.ts'));

/** Options of {@link payiClientOptions}. */
export type PayiClientOptions = ClientOptions<typeof globalThis.fetch>;

/**
 * The `fetch` of a client with Pay-i, for whatever calls the Gemini API or Vertex AI and takes a `fetch`:
 * `createGoogleGenerativeAI({ ...payiClientOptions({ payi }) })` and `createVertex()` of the Vercel AI SDK, and
 * `new GoogleGenAI({ httpOptions: { ...payiClientOptions({ payi }) } })`. Google's SDK need not be installed. Pass a `fetch`
 * of your own to this function.
 *
 * With Google's SDK, `withPayi()` sees more: which attempts are one call, and which call an error belongs to.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  const { fetch = sendLikeGoogle } = options;
  return clientOptions({ ...options, fetch }, (fetch, settings) =>
    calls.prepare(({ observeRequests }) => observeRequests(fetch, settings), settings.payi.report),
  );
}
