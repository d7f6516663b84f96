import {
  type AdapterOptions,
  agreesWith,
  ConfigurationError,
  copyClient,
  type FetchSettings,
  isDisabled,
  LazyModule,
  lazyFetch,
  type ResolvedPayi,
  registrations,
  registrationsOf,
  resolveOptions,
} from '@payi/core/adapter';
import type { OpenAI } from 'openai';
import { findServer } from './address.ts';
import { assertOpenAIClient, isAzureClient } from './client.ts';

/** What observes calls. */
export const calls: LazyModule<typeof import('./call.ts')> = /* @__PURE__ */ new LazyModule(
  () => import('./call.ts'),
);

const resources = [
  ...['chat.completions', 'completions', 'responses', 'embeddings', 'images', 'beta.chat.completions'],
  ...['audio.transcriptions', 'audio.translations', 'audio.speech', 'videos'],
];
const remedy =
  'call withPayi() first and give what it returns to the other tool, or give the constructor { ...payiClientOptions() }';

/** Options of {@link withPayi}. */
export interface WithPayiOptions extends AdapterOptions {
  /**
   * Whether to ask the server for the counts of a chat stream (`stream_options: { include_usage: true }`) if the call does
   * not set it. A server that refuses the option gets the call without it, and is not asked again. With `false` no
   * body is changed, and a stream has only the counts that its server sends unasked.
   *
   * @default true
   */
  readonly askForUsage?: boolean | undefined;
}

/**
 * Returns a client like the one passed, whose calls are annotated and leave receipts.
 *
 * Annotate a call with the SDK's own request option: `{ headers: createHeaders({ … }) }`. On route `proxy` calls go to
 * Pay-i; the client's base URL, key, headers and `fetch` stay in use, and clients created from this one with
 * `withOptions` have Pay-i, too. Endpoints that are not metered (models, files …) are left
 * alone. Batches are recorded when their results are read.
 *
 * A client that already has Pay-i is returned unchanged (diagnostic `REGISTRATION_IGNORED` when the options differ). So is
 * a client that cannot be copied (`CLIENT_LEFT_ALONE`): one with an X.509 workload identity, or one of a class with a
 * constructor of its own. A tool that has changed the client does not see the calls of the copy (`WRAPPER_LOST`).
 *
 * @param client - An `OpenAI` or `AzureOpenAI`. Not changed.
 * @throws `UnsupportedClientError` the object is not such a client.
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function withPayi<Client extends OpenAI>(client: Client, options: WithPayiOptions = {}): Client {
  if (isDisabled(options)) return client;
  const plain: unknown = client;
  assertOpenAIClient(plain);
  const settings = resolve(options);
  const { payi } = settings;
  const [inForce] = registrationsOf(plain) as Settings[];
  if (inForce !== undefined) {
    const { askForUsage = inForce.askForUsage } = options;
    if (!agreesWith(inForce, settings) || askForUsage !== inForce.askForUsage) {
      inForce.payi.report({
        code: 'REGISTRATION_IGNORED',
        message: 'the client has Pay-i already, with other options, which stay in force',
      });
    }
    return client;
  }
  const isAzure = isAzureClient(plain);
  // A missing key must throw here rather than at the first call.
  if (payi.route !== 'headers') payi.apiKey();
  reportUnserved(plain.baseURL, payi);
  const { fetch: own } = plain;
  const withObserved = calls.prepare(
    ({ observeClient }) => observeClient(own, settings, isAzure, settings.askForUsage),
    payi.report,
  );
  const fetch = lazyFetch(own, withObserved);
  registrations.set(fetch, new Set([settings]));
  // In the first versions of the SDK, `withOptions()` does not copy these two.
  const azure = isAzure ? { apiVersion: plain.apiVersion, deployment: plain.deploymentName } : {};
  const copy = copyClient(plain, {
    options: { fetch, ...azure },
    resources,
    remedy,
    isOurs: (copy) => copy.fetch === fetch,
    report: payi.report,
  });
  if (copy !== plain) reportWebSockets(copy, payi);
  return copy as Client;
}

/**
 * The messages of a WebSocket pass no `fetch`. Reports the first that is opened with the client, whom the SDK asks for its
 * headers.
 */
function reportWebSockets(client: WebSocketOpener, { report }: ResolvedPayi): void {
  const { _buildWebSocketHeaders: build } = client;
  if (build === undefined) return;
  const value = (...given: unknown[]): unknown => {
    delete client._buildWebSocketHeaders;
    report({
      code: 'NOT_METERED',
      message: 'calls over a WebSocket, such as those of the realtime API, are not metered',
    });
    return build.apply(client, given);
  };
  Object.defineProperty(client, '_buildWebSocketHeaders', { value, configurable: true });
}

interface WebSocketOpener {
  /** Newer versions of the SDK have it. */
  _buildWebSocketHeaders?(...given: unknown[]): unknown;
}

/** Reports at once what the receipt of each call would warn of. */
function reportUnserved(baseUrl: string, payi: ResolvedPayi): void {
  if (payi.route !== 'proxy' || findServer(baseUrl)?.isProxied !== false) return;
  payi.report({
    code: 'NOT_PROXIED',
    message:
      `Pay-i's proxy does not serve ${new URL(baseUrl).host}: calls go to it directly, unknown to Pay-i. ` +
      "Use createPayi({ route: 'direct' }) for this client.",
  });
}

interface Settings extends FetchSettings {
  readonly askForUsage: boolean;
}

function resolve(options: WithPayiOptions): Settings {
  const given = resolveOptions('withPayi()', options, ['askForUsage']);
  return { ...given, askForUsage: mayAsk(options) };
}

/** @throws `ConfigurationError` `askForUsage` is not a boolean. */
export function mayAsk({ askForUsage = true }: Pick<WithPayiOptions, 'askForUsage'>): boolean {
  if (typeof askForUsage !== 'boolean') throw new ConfigurationError('askForUsage must be true or false');
  return askForUsage;
}
