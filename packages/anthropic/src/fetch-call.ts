import { type FetchSettings, headerNames, type ResolvedPayi } from '@payi/core/adapter';
import {
  clientFetch,
  type FetchCall,
  type FetchRequest,
  type FollowUp,
  findBatch,
  findJsonMembers,
  parseSpan,
} from '@payi/core/calls';
import { startOfPath, throughProxy } from './address.ts';
import { batchUrl, messageReaders, operation } from './operations.ts';
import { type Platform, platformAt } from './platform.ts';

/** The `fetch` of `payiClientOptions()`. */
export function observeRequests(
  fetch: typeof globalThis.fetch,
  settings: FetchSettings,
): typeof globalThis.fetch {
  return clientFetch(fetch, settings, '@payi/anthropic', describer(settings.payi));
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
