import { categories } from '@payi/core';
import type { DescribedCall, FetchRequest, ResolvedPayi } from '@payi/core/adapter';
import { findOperation } from './operations.ts';
import { type Address, azureAddress, isAzureRequest, openaiAddress } from './proxy-address.ts';
import { readRequestBody } from './request-body.ts';

/** Endpoint, model and form of a request; `undefined` for one that is not metered. */
export function describeRequest(
  request: FetchRequest,
  payi: ResolvedPayi,
  isAzureClient: boolean,
): DescribedCall | undefined {
  if (request.method !== 'POST') return undefined;
  const address = splitAddress(request.url);
  const operation = address && findOperation(address.operation);
  if (address === undefined || operation === undefined) return undefined;
  const isAzure = isAzureClient || isAzureRequest(address, request.headers);
  const { model, isStream, withUsage } = readRequestBody(request.body, operation.canAskForUsage);
  const resource = deploymentIn(address.base) ?? model;
  const proxied = operation.isProxied
    ? (isAzure ? azureAddress : openaiAddress)(address, payi.baseUrl, resource)
    : undefined;
  return {
    category: isAzure ? categories.azureOpenai : categories.openai,
    operation: address.operation,
    resource,
    providerUri: address.base.replace(/\/deployments\/.*/, ''),
    isStream,
    proxied,
    body: withUsage,
    readBody: operation.readBody,
    events: withUsage === undefined ? operation.events : operation.eventsWithoutUsage,
  };
}

const metered =
  /\/((?:chat\/)?completions|responses|embeddings|images\/(?:generations|edits|variations)|audio\/(?:transcriptions|translations))$/;

/** Takes a URL apart, without the cost of a `URL`. */
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

/** The deployment of an Azure address, which names the model that answers whatever the body says. */
function deploymentIn(base: string): string | undefined {
  const [, segment] = /\/deployments\/([^/]+)/.exec(base) ?? [];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
