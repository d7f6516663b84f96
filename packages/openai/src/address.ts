import { headerNames } from '@payi/core';
import { type FetchRequest, isAtPayi } from '@payi/core/adapter';

/** A URL of a metered endpoint: base, `/`, operation, query. */
export interface Address {
  /** What the client has as its base URL; on Azure with the deployment. Without a slash at its end. */
  readonly base: string;
  readonly operation: string;
  /** With its `?`, or empty. */
  readonly query: string;
}

interface ProxiedAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const azureHost =
  /^https?:\/\/[^/]+\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)(?::\d+)?(?:\/|$)/i;
const azurePath = /\/proxy\/azure\.openai(?:[/?]|$)|\/openai\/deployments\/|[?&]api-version=/;

/**
 * By its address or its key: a plain `OpenAI` client may be pointed at Azure, and an `AzureOpenAI` with a token at a
 * gateway, where its responses have nothing of Azure but the version.
 */
export function isAzureRequest({ base, query }: Address, headers: FetchRequest['headers']): boolean {
  return azureHost.test(base) || azurePath.test(base + query) || headers.has('api-key');
}

/**
 * OpenAI by Pay-i's proxy. Any other server with OpenAI's interface is named in a header, as the proxy wants it for
 * Databricks. The proxy has the `v1` in its own path.
 */
export function openaiAddress(address: Address, payiUrl: string): ProxiedAddress {
  const { base, operation, query } = address;
  if (isAtPayi({ baseUrl: payiUrl }, base)) return { url: `${base}/${operation}${query}`, headers: {} };
  return {
    url: `${payiUrl}/api/v1/proxy/openai/v1/${operation}${query}`,
    headers:
      base === 'https://api.openai.com/v1'
        ? {}
        : { [headerNames.providerBaseUri]: base.replace(/\/v1$/, '') },
  };
}

/**
 * Azure OpenAI by Pay-i's proxy, which prices a deployment by the name it is told.
 *
 * @returns `undefined` for what the proxy does not serve: all without a deployment in its path, save responses of Azure's
 *   `v1` API.
 */
export function azureAddress(
  address: Address,
  payiUrl: string,
  deployment: string,
): ProxiedAddress | undefined {
  const { base, operation, query } = address;
  const priceAs: Record<string, string> = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(deployment)
    ? { [headerNames.priceAsResource]: deployment }
    : {};
  if (isAtPayi({ baseUrl: payiUrl }, base)) return { url: `${base}/${operation}${query}`, headers: priceAs };
  const [, endpoint, path = ''] = azureBase.exec(base) ?? [];
  const isServed = path.includes('/deployments/') || (path === '/openai/v1' && operation === 'responses');
  if (endpoint === undefined || !isServed) return undefined;
  return {
    url: `${payiUrl}/api/v1/proxy/azure.openai${path}/${operation}${query}`,
    headers: { [headerNames.providerBaseUri]: endpoint, ...priceAs },
  };
}

/** Endpoint, and the path that Azure has behind all endpoints. */
const azureBase = /^(https?:\/\/[^/]+(?:\/.*?)?)(\/openai(?:\/.*)?)$/;
