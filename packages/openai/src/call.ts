import type { Category, FetchCall, FetchRequest, ResolvedPayi } from '@payi/core/adapter';
import { type Address, findServer, isAzureRequest, proxiedAddress } from './address.ts';
import { findOperation, type Operation } from './operations.ts';
import { readRequestBody } from './request-body.ts';

/** The endpoint of a request. Kept while the URL stays the same. */
interface Endpoint {
  readonly address: Address;
  readonly operation: Operation;
  readonly isAzure: boolean;
  readonly deployment: string | undefined;
  readonly providerUri: string;
  readonly category: Category;
}

/**
 * Describes the requests of one client: endpoint, model, form of the answer.
 *
 * @returns A function that returns `undefined` for a request that is not metered.
 */
export function requestDescriber(
  payi: ResolvedPayi,
  isAzureClient: boolean,
  mayAsk: boolean,
): (request: FetchRequest) => FetchCall | undefined {
  // A client calls few addresses, mostly the same address in a row.
  let lastUrl = '';
  let last: Endpoint | undefined;
  /** Base URLs whose servers do not know the option that asks for usage. */
  const refusing = new Set<string>();
  return (request) => {
    if (request.method !== 'POST') return undefined;
    if (request.url !== lastUrl) {
      last = readEndpoint(request, isAzureClient);
      lastUrl = request.url;
    }
    if (last === undefined) return undefined;
    const isAsked = mayAsk && canAsk(last, request.headers) && !refusing.has(last.address.base);
    return describe(last, request.body, payi, isAsked ? refusing : undefined);
  };
}

/** @param refusing - Collects base URLs that refuse; `undefined` if usage must not be asked for. */
function describe(
  endpoint: Endpoint,
  body: unknown,
  { route, baseUrl }: ResolvedPayi,
  refusing: Set<string> | undefined,
): FetchCall {
  const { address, operation, isAzure, deployment, providerUri, category } = endpoint;
  const { model, isStream, withUsage } = readRequestBody(body, refusing !== undefined);
  // Vertex AI: `google/gemini-…` is Pay-i's `google.gemini-…`.
  const resource = deployment ?? (category === 'system.google.vertex' ? model.replace('/', '.') : model);
  const answer = { isStream, readBody: operation.readBody, events: operation.events };
  const call: FetchCall = {
    category,
    operation: address.operation,
    resource,
    providerUri,
    proxied:
      operation.isProxied && route === 'proxy'
        ? proxiedAddress(address, baseUrl, isAzure ? resource : undefined)
        : undefined,
    ...answer,
  };
  if (withUsage === undefined) return call;
  const refused = (): void => void refusing?.add(address.base);
  return {
    ...call,
    events: operation.eventsWithoutUsage ?? operation.events,
    asking: { body: withUsage, names: usageOption, otherwise: answer, refused },
  };
}

/** The option's names in refusals by servers. */
const usageOption = /stream[_ -]?options|include[_ -]?usage/i;

/** Servers whose streams have counts anyway. */
const countsUnasked = /^https:\/\/(?:openrouter\.ai|api\.mistral\.ai)\//;

/** Headers that measure or sign the body. A request with one of them keeps its body. */
const madeFromBody = ['content-length', 'content-md5', 'content-digest', 'digest', 'signature', 'x-amz-date'];

function canAsk({ address, operation }: Endpoint, headers: FetchRequest['headers']): boolean {
  return (
    operation.eventsWithoutUsage !== undefined &&
    !countsUnasked.test(address.base) &&
    !madeFromBody.some((name) => headers.has(name))
  );
}

function readEndpoint({ url, headers }: FetchRequest, isAzureClient: boolean): Endpoint | undefined {
  const address = splitAddress(url);
  const operation = address && findOperation(address.operation);
  if (address === undefined || operation === undefined) return undefined;
  const isAzure = isAzureClient || isAzureRequest(address, headers);
  return {
    address,
    operation,
    isAzure,
    category: isAzure ? 'system.azureopenai' : (findServer(address.base)?.category ?? 'system.openai'),
    deployment: deploymentIn(address.base),
    providerUri: address.base.replace(/\/deployments\/.*/, ''),
  };
}

const metered =
  /\/((?:chat\/)?completions|responses|embeddings|images\/(?:generations|edits|variations)|audio\/(?:transcriptions|translations))$/;

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
