import { type Category, type FetchRequest, headerNames, isAtPayi } from '@payi/core/adapter';

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
 * client with a token may point at a gateway, where only the API version in the URL identifies Azure.
 */
export function isAzureRequest({ base, query }: Address, headers: FetchRequest['headers']): boolean {
  return azureHost.test(base) || azurePath.test(base + query) || headers.has('api-key');
}

/** A server with OpenAI's interface that Pay-i prices under another name. */
interface Server {
  readonly category: Category;
  /** Whether Pay-i's proxy for OpenAI serves it. That proxy must not get credentials of AWS and Google. */
  readonly isProxied: boolean;
}

const servers: readonly [host: RegExp, category: Category][] = [
  [/^bedrock-(?:runtime|mantle)[\w.-]*\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/, 'system.aws.bedrock'],
  [/^(?:[\w-]+-)?aiplatform\.(?:\w+\.rep\.)?googleapis\.com$/, 'system.google.vertex'],
  [/\.azuredatabricks\.net$/, 'system.databricks.azure'],
  [/\.gcp\.databricks\.com$/, 'system.databricks.google'],
  [/\.cloud\.databricks\.com$/, 'system.databricks.aws'],
];

/** The server of a base URL; `undefined` for OpenAI's own, and for servers that Pay-i does not know by name. */
export function findServer(base: string): Server | undefined {
  const [, host = ''] = /^https?:\/\/([^/:?]+)/.exec(base.toLowerCase()) ?? [];
  const [, category] = servers.find(([known]) => known.test(host)) ?? [];
  return category === undefined ? undefined : { category, isProxied: category.includes('databricks') };
}

/**
 * The address at Pay-i's proxy, and headers for it. For another server with OpenAI's interface, a header carries the
 * client's base URL with its path, as the proxy's documentation for Databricks says, and the address has the proxy's own
 * path. On Azure, a header carries the deployment, which determines the price.
 *
 * @param deployment - On Azure only.
 * @returns `undefined` for a server that the proxy does not serve, and for requests to Azure without a deployment in the
 *   path, except `responses` of its `v1` API.
 */
export function proxiedAddress(
  { base, operation, query }: Address,
  payiUrl: string,
  deployment: string | undefined,
): ProxiedAddress | undefined {
  const end = `/${operation}${query}`;
  const headers: Record<string, string> = {};
  if (deployment !== undefined && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(deployment)) {
    headers[headerNames.priceAsResource] = deployment;
  }
  if (isAtPayi({ baseUrl: payiUrl }, base)) return { url: base + end, headers };
  if (deployment === undefined) {
    const server = findServer(base);
    if (server?.isProxied === false) return undefined;
    if (base !== 'https://api.openai.com/v1') headers[headerNames.providerBaseUri] = base;
    if (server !== undefined) headers[headerNames.priceAsCategory] = server.category;
    return { url: `${payiUrl}/api/v1/proxy/openai/v1${end}`, headers };
  }
  const [, endpoint, path = ''] = azureBase.exec(base) ?? [];
  const isServed = path.includes('/deployments/') || (path === '/openai/v1' && operation === 'responses');
  if (endpoint === undefined || !isServed) return undefined;
  headers[headerNames.providerBaseUri] = endpoint;
  return { url: `${payiUrl}/api/v1/proxy/azure.openai${path}${end}`, headers };
}

/** Captures the endpoint, and Azure's path after it. */
const azureBase = /^(https?:\/\/[^/]+(?:\/.*?)?)(\/openai(?:\/.*)?)$/;
