import {
  type Category,
  type FetchSettings,
  headerNames,
  isAtPayi,
  type ResolvedPayi,
} from '@payi/core/adapter';
import {
  clientFetch,
  type FetchCall,
  type FetchRequest,
  type FollowUp,
  findBatch,
  observedFetch,
  Retries,
} from '@payi/core/calls';
import { type Address, findServer, isAzureRequest, proxiedAddress, reportUnknownHost } from './address.ts';
import { BegunResponses } from './begun-responses.ts';
import { findOperation, type Operation } from './operations.ts';
import { readRequestBody } from './request-body.ts';

/** The endpoint of a request. Kept while the URL stays the same. */
interface Endpoint {
  readonly address: Address;
  readonly operation: Operation;
  readonly isAzure: boolean;
  /** In a table, or at Pay-i. */
  readonly isKnown: boolean;
  readonly countsUnasked: boolean;
  readonly deployment: string | undefined;
  readonly providerUri: string;
  readonly category: Category;
}

type Fetch = typeof globalThis.fetch;

/** The `fetch` of `withPayi()`. */
export function observeClient(
  fetch: Fetch,
  settings: FetchSettings,
  isAzure: boolean,
  askForUsage: boolean,
): Fetch {
  const { payi } = settings;
  const describe = requestDescriber(payi, isAzure, askForUsage);
  return observedFetch(fetch, { ...settings, retries: new Retries() }, describe);
}

/** The `fetch` of `payiClientOptions()`. */
export function observeRequests(fetch: Fetch, settings: FetchSettings, askForUsage: boolean): Fetch {
  return clientFetch(fetch, settings, '@payi/openai', requestDescriber(settings.payi, false, askForUsage));
}

/**
 * Describes the requests of one client: endpoint, model, form of the answer.
 *
 * @returns A function that returns `undefined` for a request that is not metered.
 */
function requestDescriber(
  payi: ResolvedPayi,
  isAzureClient: boolean,
  mayAsk: boolean,
): (request: FetchRequest) => FetchCall | FollowUp | undefined {
  // A client calls few addresses, mostly the same address in a row.
  let lastUrl = '';
  let last: Endpoint | undefined;
  /** Base URLs whose servers do not know the option that asks for usage. */
  const refusing = new Set<string>();
  const responses = new BegunResponses();
  return (request) => {
    const followUp = responses.findFollowUp(request.url);
    if (followUp !== undefined) return followUp;
    const { method, url, headers } = request;
    if (method === 'POST' && url !== lastUrl) {
      last = readEndpoint(request, isAzureClient, payi);
      lastUrl = url;
    }
    if (method !== 'POST' || last === undefined) {
      return findBatch(request, payi, batchUrl, (base) =>
        isAzureClient || isAzureRequest({ base: url, operation: '', query: '' }, headers)
          ? 'system.azureopenai'
          : (findServer(base)?.category ?? 'system.openai'),
      );
    }
    if (payi.route === 'direct' && !last.isKnown && !request.headers.has(headerNames.priceAsCategory)) {
      reportUnknownHost(payi, last.address.base);
    }
    const isAsked = mayAsk && canAsk(last, request.headers) && !refusing.has(last.address.base);
    return describe(last, request.body, payi, responses.keep, isAsked ? refusing : undefined);
  };
}

/** @param refusing - Collects base URLs that refuse; `undefined` if usage must not be asked for. */
function describe(
  endpoint: Endpoint,
  body: unknown,
  { route, baseUrl }: ResolvedPayi,
  keep: FetchCall['keep'],
  refusing: Set<string> | undefined,
): FetchCall {
  const { address, operation, isAzure, deployment, providerUri, category } = endpoint;
  const { model, asked, isStream, withUsage } = readRequestBody(
    body,
    operation.asks ?? ['service_tier'],
    refusing !== undefined,
  );
  const resource = deployment ?? (category === 'system.google.vertex' ? nameAtVertex(model) : model);
  const call: FetchCall = {
    category,
    operation: address.operation,
    resource,
    asked,
    keep,
    providerUri,
    proxied:
      operation.isProxied && route === 'proxy'
        ? proxiedAddress(address, baseUrl, resource, isAzure)
        : undefined,
    isStream,
    servedBy: 'x-ms-deployment-name',
    readBody: operation.readBody,
    events: operation.events,
  };
  if (withUsage === undefined) return call;
  const refused = (): void => void refusing?.add(address.base);
  return {
    ...call,
    events: operation.eventsWithoutUsage ?? operation.events,
    asking: { body: withUsage, isRefusedBy: refusesUsage, otherwise: call, refused },
  };
}

/** Pay-i's `google.gemini-…` is `google/gemini-…` to Vertex AI, and `gemini-…` or `models/gemini-…` to the Gemini API. */
const nameAtVertex = (model: string): string =>
  model.replace(/^(?:models\/)?(?=[^/]+$)/, 'google.').replace('/', '.');

/** The option's names in refusals by servers. */
const usageOption = /stream[_ -]?options|include[_ -]?usage/i;

/** Reads a copy, so that any other answer can still be handed on. Closes a refusal that names the option. */
const refusesUsage: NonNullable<FetchCall['asking']>['isRefusedBy'] = async (response) => {
  if (response.status !== 400 && response.status !== 422) return false;
  try {
    if (!usageOption.test(await response.clone().text())) return false;
    response.body?.cancel?.().then(undefined, () => {});
    return true;
  } catch {
    return false;
  }
};

/** Headers that measure or sign the body. A request with one of them keeps its body. */
const madeFromBody = ['content-length', 'content-md5', 'content-digest', 'digest', 'signature', 'x-amz-date'];

function canAsk({ operation, countsUnasked }: Endpoint, headers: FetchRequest['headers']): boolean {
  return (
    operation.eventsWithoutUsage !== undefined &&
    !countsUnasked &&
    !madeFromBody.some((name) => headers.has(name))
  );
}

function readEndpoint(
  { url, headers }: FetchRequest,
  isAzureClient: boolean,
  payi: ResolvedPayi,
): Endpoint | undefined {
  const address = splitAddress(url);
  const operation = address && findOperation(address.operation);
  if (address === undefined || operation === undefined) return undefined;
  const isAzure = isAzureClient || isAzureRequest(address, headers);
  const server = findServer(address.base);
  return {
    address,
    operation,
    isAzure,
    isKnown: isAzure || server !== undefined || isAtPayi(payi, url),
    countsUnasked: server?.countsUnasked === true,
    category: isAzure ? 'system.azureopenai' : (server?.category ?? 'system.openai'),
    deployment: deploymentIn(address.base),
    providerUri: address.base.replace(/\/deployments\/.*/, ''),
  };
}

/** Batches, and the content of files, which may be results. */
const batchUrl = /^([^?]*)\/(?:batches(?:\/[^/?]+(?:\/cancel)?)?|files\/([^/?]+)\/content)(?:\?|$)/;

const metered =
  /\/((?:chat\/)?completions|responses|embeddings|images\/(?:generations|edits|variations)|audio\/(?:transcriptions|translations|speech)|videos)$/;

/** Splits a URL without the cost of creating a `URL`. */
function splitAddress(url: string): Address | undefined {
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  const match = metered.exec(path);
  if (match === null) return undefined;
  return {
    base: path.slice(0, match.index),
    operation: match[1] as string,
    query: queryStart === -1 ? '' : url.slice(queryStart),
  };
}

/** The deployment in an Azure address. It determines the model, and the model in the body is ignored. */
function deploymentIn(base: string): string | undefined {
  const [, segment] = /\/deployments\/([^/]+)/.exec(base) ?? [];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
