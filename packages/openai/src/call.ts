import type { FetchCall, FetchRequest, ResolvedPayi } from '@payi/core/adapter';
import { type Address, isAzureRequest, proxiedAddress } from './address.ts';
import { findOperation, type Operation } from './operations.ts';
import { readRequestBody } from './request-body.ts';

/** The parts of an endpoint that depend on its URL alone. */
interface Endpoint {
  readonly address: Address;
  readonly operation: Operation;
  readonly isAzure: boolean;
  readonly deployment: string | undefined;
  readonly providerUri: string;
}

/**
 * Describes the requests of one client: endpoint, model, form of the answer.
 *
 * @returns A function that returns `undefined` for a request that is not metered.
 */
export function requestDescriber(
  payi: ResolvedPayi,
  isAzureClient: boolean,
): (request: FetchRequest) => FetchCall | undefined {
  // A client calls few addresses, mostly the same address in a row.
  let lastUrl = '';
  let last: Endpoint | undefined;
  return (request) => {
    if (request.method !== 'POST') return undefined;
    if (request.url !== lastUrl) {
      last = readEndpoint(request, isAzureClient);
      lastUrl = request.url;
    }
    return last && describe(last, request.body, payi);
  };
}

function describe(endpoint: Endpoint, body: unknown, { route, baseUrl }: ResolvedPayi): FetchCall {
  const { address, operation, isAzure, deployment, providerUri } = endpoint;
  const { model, isStream, withUsage } = readRequestBody(body, operation.eventsWithoutUsage !== undefined);
  const resource = deployment ?? model;
  return {
    category: isAzure ? 'system.azureopenai' : 'system.openai',
    operation: address.operation,
    resource,
    providerUri,
    isStream,
    proxied:
      operation.isProxied && route === 'proxy'
        ? proxiedAddress(address, baseUrl, isAzure ? resource : undefined)
        : undefined,
    body: withUsage,
    readBody: operation.readBody,
    events: (withUsage && operation.eventsWithoutUsage) || operation.events,
  };
}

function readEndpoint({ url, headers }: FetchRequest, isAzureClient: boolean): Endpoint | undefined {
  const address = splitAddress(url);
  const operation = address && findOperation(address.operation);
  if (address === undefined || operation === undefined) return undefined;
  return {
    address,
    operation,
    isAzure: isAzureClient || isAzureRequest(address, headers),
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
