import type { Payi } from '@payi/core';
import { type AbandonPolicy, type AttemptCallbacks, agreesWith, resolveOptions } from '@payi/core/adapter';
import { fetchAfterSigning } from './after-signing.ts';
import { assertAnthropicClient } from './client-guard.ts';
import { payiMiddleware, registrationOf } from './middleware.ts';
import { checkRoute, type Platform, platformOf } from './platform.ts';
import type { Registration } from './registration.ts';
import type { AnthropicClient, ClientInternals } from './sdk.ts';

export interface AnthropicPayiOptions extends AttemptCallbacks {
  /**
   * How calls reach Pay-i.
   *
   * @default `createPayi()`: route `proxy`, key and base URL from the environment
   */
  readonly payi?: Payi | undefined;
  /**
   * What becomes of a stream when its reader leaves before the end, see {@link AbandonPolicy}. Whatever it says, a
   * reader who leaves when the model has stopped loses no counts: the rest is awaited in the background for a second.
   *
   * @default 'close'
   */
  readonly onAbandon?: AbandonPolicy | undefined;
}

/**
 * Gives a client whose calls of the Messages API go through Pay-i, carry annotations, and leave a receipt each.
 *
 * Made by the SDK's own `withOptions()`, with its `middleware` option: the client given stays as it is, and the one
 * returned is of the same class and takes the same options, `defaultHeaders` among them. Annotations of one call are the
 * SDK's own per-request headers: `client.messages.create(params, { headers: createHeaders({ … }) })`.
 *
 * Metered are `messages.create()` and `messages.stream()` and what is built on them, in `beta`, too. Everything else of
 * the client goes the way it went before. A client that has Pay-i already is returned as it is (diagnostic
 * `REGISTRATION_IGNORED` when the options differ).
 *
 * @param client - An `Anthropic`, `AnthropicBedrock`, `AnthropicBedrockMantle`, `AnthropicVertex` or `AnthropicFoundry`.
 * @throws `UnsupportedClientError` the object is not such a client, or one that is too old.
 * @throws `ConfigurationError` the client cannot take the route, or the route needs a key.
 */
export function withPayi<Client extends AnthropicClient>(
  client: Client,
  options: AnthropicPayiOptions = {},
): Client {
  assertAnthropicClient(client);
  const platform = platformOf(client);
  const settings = resolveOptions('withPayi()', options);
  const { payi } = settings;
  const inForce = registrationOf(client.middleware);
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
  const extended = client.withOptions({
    ...ownOptions(client, platform),
    middleware: [...client.middleware, payiMiddleware(registration)],
    ...(platform.rewrites && { fetch: fetchAfterSigning(client.fetch) }),
  }) as Client & ClientInternals;
  return extended;
}

function ownOptions(client: object, platform: Platform): Record<string, unknown> {
  const members = client as Readonly<Record<string, unknown>>;
  return Object.fromEntries(platform.ownOptions.map((name) => [name, members[name] ?? undefined]));
}

function reportIgnored(inForce: Registration, added: Registration): void {
  if (agreesWith(inForce, added)) return;
  added.payi.report({
    code: 'REGISTRATION_IGNORED',
    message: `this ${inForce.platform.client} client has Pay-i already, with other options, which stay in force`,
  });
}
