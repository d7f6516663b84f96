import { type FetchRequest, headerNames, isAtPayi } from '@payi/core/adapter';

/** A URL of a metered endpoint: base, `/`, operation, query. */
export interface Address {
  /** The client's base URL; on Azure with the deployment. Without a trailing slash. */
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
 * Whether a request is for Azure, by its address or its key. A plain `OpenAI` client may point at Azure. An `AzureOpenAI`
 * client with a token may point at a gateway, where only the API version in its address gives Azure away.
 */
export function isAzureRequest({ base, query }: Address, headers: FetchRequest['headers']): boolean {
  return azureHost.test(base) || azurePath.test(base + query) || headers.has('api-key');
}

/**
 * The address of OpenAI at Pay-i's proxy. Another server with OpenAI's interface is named in a header, as the proxy's
 * documentation for Databricks says. The proxy's own path contains the `v1`.
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
 * The address of Azure OpenAI at Pay-i's proxy, which prices a deployment by the name in a header.
 *
 * @returns `undefined` for requests that the proxy does not serve: those without a deployment in the path, except
 *   `responses` of Azure's `v1` API.
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

/** The endpoint, and Azure's path behind it. */
const azureBase = /^(https?:\/\/[^/]+(?:\/.*?)?)(\/openai(?:\/.*)?)$/;
