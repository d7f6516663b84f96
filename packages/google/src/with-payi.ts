import type { GoogleGenAI } from '@google/genai';
import {
  type AdapterOptions,
  agreesWith,
  copyClient,
  type FetchSettings,
  isDisabled,
  LazyModule,
  registrations,
  registrationsOf,
  resolveOptions,
} from '@payi/core/adapter';
import type { SdkCall } from '@payi/core/calls';
import {
  type ApiClient,
  type ApiRequest,
  assertGoogleClient,
  type GoogleClient,
  type Models,
} from './client.ts';

const attempts = /* @__PURE__ */ new LazyModule(() => import('./attempt.ts'));

/** Options of {@link withPayi}. */
export type WithPayiOptions = AdapterOptions;

/**
 * Returns a client like the one passed, whose calls are annotated and leave receipts.
 *
 * Annotate a call with the SDK's own option: `config: { httpOptions: { headers: createHeaders({ … }) } }`. On route `proxy`
 * calls to models in a project of Vertex AI go to Pay-i; the Gemini API, and Vertex AI with a key, are not served by Pay-i's
 * proxy, which is reported (`NOT_PROXIED`). Pay-i meters `models` and `chats`: content, embeddings and images. Other
 * requests of the client stay as before.
 *
 * A client that already has Pay-i is returned unchanged (diagnostic `REGISTRATION_IGNORED` when the options differ). So is
 * a client that cannot be copied (`CLIENT_LEFT_ALONE`). A tool that has changed the client does not see the calls of the copy
 * (`WRAPPER_LOST`).
 *
 * @param client - A `GoogleGenAI`. Not changed.
 * @throws `UnsupportedClientError` the object is not such a client.
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function withPayi<Client extends GoogleGenAI>(client: Client, options: WithPayiOptions = {}): Client {
  if (isDisabled(options)) return client;
  const plain: unknown = client;
  assertGoogleClient(plain);
  const settings: FetchSettings = resolveOptions('withPayi()', options);
  const { payi } = settings;
  const [inForce] = [plain, { fetch: plain.apiClient.getFetch() }].flatMap(registrationsOf);
  if (inForce !== undefined) {
    if (!agreesWith(inForce, settings)) {
      inForce.payi.report({
        code: 'REGISTRATION_IGNORED',
        message: 'the client has Pay-i already, with other options, which stay in force',
      });
    }
    return client;
  }
  // A missing key must throw here rather than at the first call.
  if (payi.route !== 'headers') payi.apiKey();
  reportUnserved(plain, settings);
  const copy = copyClient(plain, {
    options: {},
    create: () => copyOf(plain),
    resources: ['models', 'chats'],
    remedy: 'call withPayi() first and give what it returns to the other tool',
    isOurs: ({ apiClient }) => apiClient !== undefined && apiClient !== plain.apiClient,
    report: payi.report,
  }) as Client;
  if (copy === client) return client;
  observe(copy as unknown as GoogleClient, settings);
  registrations.set(copy, new Set([settings]));
  return copy;
}

/** @param client - Our copy. Changed. */
function observe(client: GoogleClient, settings: FetchSettings): void {
  const { apiClient, models } = client;
  const own = {
    request: apiClient.request.bind(apiClient),
    requestStream: apiClient.requestStream.bind(apiClient),
    generateContentStream: models.generateContentStream,
  };
  const withObserved = attempts.prepare(
    ({ observedMethods }) => observedMethods(apiClient, own, settings),
    settings.payi.report,
  );
  apiClient.request = (given) =>
    withObserved(
      (observed) => observed.request(given),
      () => own.request(given),
    );
  const requestStream = (given: ApiRequest, onCall?: (call: SdkCall) => void) =>
    withObserved(
      (observed) => observed.requestStream(given, onCall),
      () => own.requestStream(given),
    );
  apiClient.requestStream = (given) => requestStream(given);
  // Only its requests wait for what calls need: the SDK reads the parameters at once, and the caller may change them later.
  models.generateContentStream = async (parameters) => {
    let first: SdkCall | undefined;
    const ofCall = modelsWith(models, apiClient, (given) =>
      requestStream(given, (call) => {
        first ??= call;
      }),
    );
    const stream = await (ofCall ?? own).generateContentStream(parameters);
    first?.observation?.attachTo(stream);
    return stream;
  };
}

/**
 * The SDK's object for models, for one call: only so is it known which request a stream comes from. Adding anything to the
 * parameters of the call would change its body.
 *
 * @returns `undefined` if the SDK does not create it so.
 */
function modelsWith(
  models: Models,
  apiClient: ApiClient,
  requestStream: ApiClient['requestStream'],
): Models | undefined {
  const ofCall = new Proxy(apiClient, {
    get(target, name) {
      if (name === 'requestStream') return requestStream;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  try {
    return new (models.constructor as new (apiClient: ApiClient) => Models)(ofCall);
  } catch {
    return undefined;
  }
}

/**
 * The SDK cannot copy its clients, and a client does not keep how its constructor was told to authenticate. So the API client
 * of the copy gets all that the original's has.
 */
function copyOf(client: GoogleClient): GoogleClient {
  const { apiClient, httpOptions, live } = client;
  const { clientOptions } = apiClient;
  const Client = client.constructor as new (options: object) => GoogleClient;
  const copy = new Client({ ...clientOptions, httpOptions: { ...httpOptions } });
  Object.assign(copy.apiClient.clientOptions, clientOptions);
  // Connections of the Live API are not observed, and need the original's credentials.
  return Object.assign(copy, { live });
}

/** Reports at once what the receipt of each call would warn of. */
function reportUnserved({ vertexai, apiClient }: GoogleClient, { payi }: FetchSettings): void {
  const { project, location } = apiClient.clientOptions;
  if (payi.route !== 'proxy' || (vertexai && project !== undefined && location !== undefined)) return;
  const { host } = new URL(apiClient.getBaseUrl());
  payi.report({
    code: 'NOT_PROXIED',
    message:
      `Pay-i's proxy does not serve ${host}${vertexai ? ' without a project' : ''}: ` +
      'calls go to it directly, unknown to Pay-i. ' +
      "Use createPayi({ route: 'direct' }) for this client.",
  });
}
