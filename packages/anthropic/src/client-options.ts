import {
  type ClientOptions,
  clientOptions,
  type FetchCall,
  type FetchRequest,
  type FollowUp,
  findBatch,
  findJsonMembers,
  headerNames,
  parseSpan,
  type ResolvedPayi,
} from '@payi/core/adapter';
import { startOfPath, throughProxy } from './address.ts';
import { batchUrl, messageReaders, operation } from './operations.ts';
import { type Platform, platformAt } from './platform.ts';

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
  return clientOptions(options, '@payi/anthropic', describer);
}

function describer(payi: ResolvedPayi): (request: FetchRequest) => FetchCall | FollowUp | undefined {
  const readers = messageReaders(payi.route === 'proxy');
  return (request) => {
    const { method, url, body } = request;
    const match = method === 'POST' ? messagesUrl.exec(url) : null;
    const platform = platformAt(url);
    if (platform === undefined) return undefined;
    if (match === null) return findBatch(request, payi, batchUrl, () => platform.category);
    const [, base, version, project, model, verb] = match;
    const asked = readBody(body);
    const resource =
      platform.resourcePrefix + (model === undefined ? asked.model : decodeURIComponent(model));
    // Pay-i's proxy adds the version to the base URL.
    const isProxied = payi.route === 'proxy' && version !== undefined && !('refusal' in platform.proxy);
    return {
      category: platform.category,
      operation,
      resource,
      providerUri: base ?? project,
      proxied: isProxied ? proxiedCall(url, resource, platform, payi) : undefined,
      ...(asked.isStream || verb === 'streamR' ? readers.stream : readers.whole),
    };
  };
}

/** A base URL with or without the API's version, or the project, model and verb of Vertex AI. Not batches, nor counts. */
const messagesUrl =
  /^(?:(.*?)(\/v1)?\/messages|(.*)\/publishers\/anthropic\/models\/(?!count-tokens)([^/:]+):(r|streamR)awPredict)(?:\?.*)?$/;

function proxiedCall(
  url: string,
  resource: string,
  platform: Platform,
  payi: ResolvedPayi,
): FetchCall['proxied'] {
  const proxied = throughProxy(url, startOfPath(url), { platform, payi });
  if (!platform.needsPriceAs) return proxied;
  return { ...proxied, headers: { ...proxied.headers, [headerNames.priceAsResource]: resource } };
}

function readBody(body: unknown): { readonly model: string; readonly isStream: boolean } {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { model: '', isStream: false };
  const found = findJsonMembers(body, ['model', 'stream']);
  const model = parseSpan(body, found.get('model'));
  return {
    model: typeof model === 'string' ? model : '',
    isStream: parseSpan(body, found.get('stream')) === true,
  };
}
