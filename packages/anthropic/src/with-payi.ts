import {
  type AdapterOptions,
  agreesWith,
  copyClient,
  isDisabled,
  LazyModule,
  lazyFetch,
  registrations,
  registrationsOf,
  resolveOptions,
} from '@payi/core/adapter';
import type { Registration } from './call.ts';
import {
  type AnthropicClient,
  assertAnthropicClient,
  type ClientInternals,
  type Middleware,
} from './client.ts';
import { checkRoute, type Platform, platformOf } from './platform.ts';

const parts = /* @__PURE__ */ new LazyModule(() => import('./middleware.ts'));

/** Options of {@link withPayi}. */
export type AnthropicPayiOptions = AdapterOptions;

/**
 * Returns a client whose Messages API calls are annotated and leave receipts. On route `proxy` they go to Pay-i.
 *
 * The SDK's own `withOptions()` creates it with the `middleware` option: the client passed stays unchanged, and the client
 * returned has the same class and the same options, `defaultHeaders` included. Annotate one call with the SDK's own
 * per-request headers: `client.messages.create(params, { headers: createHeaders({ … }) })`.
 *
 * Pay-i meters `messages.create()`, `messages.stream()` and the helpers built on them, also in `beta`. Batches are
 * recorded when their results are read. Other requests of the client stay as before. A client that already has Pay-i is returned unchanged (diagnostic `REGISTRATION_IGNORED`
 * when the options differ).
 *
 * @param client - An `Anthropic`, `AnthropicBedrock`, `AnthropicBedrockMantle`, `AnthropicVertex` or `AnthropicFoundry`.
 * @throws `UnsupportedClientError` the object is not such a client, or is too old.
 * @throws `ConfigurationError` the client cannot take the route, or the route's key is missing.
 */
export function withPayi<Client extends AnthropicClient>(
  client: Client,
  options: AnthropicPayiOptions = {},
): Client {
  if (isDisabled(options)) return client;
  assertAnthropicClient(client);
  const platform = platformOf(client);
  const settings = resolveOptions('withPayi()', options);
  const { payi } = settings;
  const [inForce] = registrationsOf(client) as Registration[];
  const registration: Registration = {
    ...settings,
    platform,
    maxRetries: () => extended.maxRetries,
  };
  if (inForce !== undefined) {
    reportIgnored(inForce, registration);
    return client;
  }
  checkRoute(platform, payi);
  const ours = middlewareOf(registration);
  const { fetch: own } = client;
  const afterSigning = parts.prepare(({ fetchAfterSigning }) => fetchAfterSigning(own, payi), payi.report);
  const extended = copyClient(client, {
    options: {
      ...ownOptions(client, platform),
      middleware: [...client.middleware, ours],
      ...(platform.rewrites && { fetch: lazyFetch(own, afterSigning) }),
    },
    resources: ['messages', 'beta.messages'],
    remedy: 'call withPayi() first and give what it returns to the other tool',
    isOurs: ({ middleware }) => Array.isArray(middleware) && middleware.includes(ours),
    report: payi.report,
  }) as Client & ClientInternals;
  return extended;
}

function middlewareOf(registration: Registration): Middleware {
  const withObserving = parts.prepare(
    ({ payiMiddleware }) => payiMiddleware(registration),
    registration.payi.report,
  );
  const middleware: Middleware = (request, next, context) =>
    withObserving(
      (observe) => observe(request, next, context),
      () => next(request),
      request.signal,
    );
  registrations.set(middleware, new Set([registration]));
  return middleware;
}

/** Options that older versions of the SDKs do not copy. `null` keeps the SDKs from reading the environment. */
function ownOptions(client: ClientInternals, platform: Platform): Record<string, unknown> {
  const members = client as unknown as Readonly<Record<string, unknown>>;
  const own = Object.fromEntries(platform.ownOptions.map((name) => [name, members[name] ?? null]));
  const { apiKey } = client._options ?? {};
  return typeof apiKey === 'function' ? { ...own, apiKey } : own;
}

function reportIgnored(inForce: Registration, added: Registration): void {
  if (agreesWith(inForce, added)) return;
  added.payi.report({
    code: 'REGISTRATION_IGNORED',
    message: `this ${inForce.platform.client} client has Pay-i already, with other options, which stay in force`,
  });
}
