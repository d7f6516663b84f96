import {
  type AdapterOptions,
  type AdapterSettings,
  agreesWith,
  type FetchSettings,
  observedFetch,
  Retries,
  registrationsOf,
  resolveOptions,
} from '@payi/core/adapter';
import type { OpenAI } from 'openai';
import { requestDescriber } from './call.ts';
import { assertOpenAIClient, isAzureClient, type OpenAIClient } from './client.ts';

/** Options of {@link withPayi}. */
export type WithPayiOptions = AdapterOptions;

/** Options of {@link payiClientOptions}. */
export interface PayiClientOptions extends WithPayiOptions {
  /**
   * Sends the requests.
   *
   * @default the global `fetch`
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * Returns a client like the one passed, whose calls are annotated and leave receipts.
 *
 * Annotate a call with the SDK's own request option: `{ headers: createHeaders({ … }) }`. On route `proxy` calls go to
 * Pay-i; the client's base URL, key, headers and `fetch` stay what they are, and clients made from this one with
 * `withOptions` are like it. Endpoints that are not metered (models, files, batches …) are left alone.
 *
 * A client that already has Pay-i is returned unchanged (diagnostic `REGISTRATION_IGNORED` when the options differ). A
 * client with an X.509 workload identity accepts no `fetch` and is returned unchanged (`CLIENT_LEFT_ALONE`).
 *
 * @param client - An `OpenAI` or `AzureOpenAI`. Not changed.
 * @throws `UnsupportedClientError` the object is not such a client.
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function withPayi<Client extends OpenAI>(client: Client, options: WithPayiOptions = {}): Client {
  const plain: unknown = client;
  assertOpenAIClient(plain);
  const given = resolveOptions('withPayi()', options);
  const [inForce] = registrationsOf(plain);
  if (inForce !== undefined) {
    if (!agreesWith(inForce, given)) {
      inForce.payi.report({
        code: 'REGISTRATION_IGNORED',
        message: 'the client has Pay-i already, with other options, which stay in force',
      });
    }
    return client;
  }
  const isAzure = isAzureClient(plain);
  const settings = settingsFrom(given);
  const fetch = observe(plain.fetch, settings, isAzure);
  // The first versions of the SDK do not copy these two when they create one client from another.
  const azure = isAzure ? { apiVersion: plain.apiVersion, deployment: plain.deploymentName } : {};
  return extend(plain, { fetch, ...azure }, settings) as unknown as Client;
}

/**
 * Options for the constructor of an `OpenAI` or `AzureOpenAI` that have the effect of {@link withPayi}:
 * `new OpenAI({ ...payiClientOptions({ payi }), timeout: 20_000 })`. The only member is `fetch`; pass a `fetch` of your own
 * to this function.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  const given = resolveOptions('payiClientOptions()', options, ['fetch']);
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  if (registrationsOf({ fetch }).length > 0) return { fetch };
  return { fetch: observe(fetch, settingsFrom(given), false) };
}

function settingsFrom(given: AdapterSettings): FetchSettings {
  // A missing key must show here rather than at the first call.
  if (given.payi.route !== 'headers') given.payi.apiKey();
  return { ...given, retries: new Retries() };
}

function observe(
  fetch: typeof globalThis.fetch,
  settings: FetchSettings,
  isAzure: boolean,
): typeof globalThis.fetch {
  return observedFetch(fetch, settings, requestDescriber(settings.payi, isAzure));
}

function extend(
  client: OpenAIClient,
  options: Record<string, unknown>,
  { payi }: FetchSettings,
): OpenAIClient {
  try {
    return client.withOptions(options);
  } catch (cause) {
    if (!/X\.509/.test(String((cause as { message?: unknown } | undefined)?.message))) throw cause;
    payi.report({
      code: 'CLIENT_LEFT_ALONE',
      message: 'the OpenAI SDK lets nobody look at the calls of a client with an X.509 workload identity',
      cause,
    });
    return client;
  }
}
