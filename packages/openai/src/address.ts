import { type Category, headerNames, isAtPayi, type ResolvedPayi } from '@payi/core/adapter';
import type { FetchRequest } from '@payi/core/calls';

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

/** A server with OpenAI's interface. */
interface Server {
  /** Pay-i's category of its prices. Most servers have none of their own. */
  readonly category: Category;
  /** Whether Pay-i's proxy for OpenAI serves it. That proxy must not get credentials of AWS and Google. */
  readonly isProxied: boolean;
  /** Whether its streams have counts that nobody asked for. */
  readonly countsUnasked: boolean;
}

const servers: readonly (readonly [host: RegExp, category: Category, countsUnasked?: true])[] = [
  [/^bedrock-(?:runtime|mantle)[\w.-]*\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/, 'system.aws.bedrock'],
  [/^(?:generativelanguage|(?:[\w-]+-)?aiplatform)\.(?:\w+\.rep\.)?googleapis\.com$/, 'system.google.vertex'],
  [/\.azuredatabricks\.net$/, 'system.databricks.azure'],
  [/\.gcp\.databricks\.com$/, 'system.databricks.google'],
  [/\.cloud\.databricks\.com$/, 'system.databricks.aws'],
  [/^(?:openrouter\.ai|api\.mistral\.ai)$/, 'system.openai', true],
  [
    /(?:^|\.)api\.(?:openai|x|deepseek|moonshot|groq|perplexity|together|fireworks|cohere)\.(?:com|ai|cn|xyz)$/,
    'system.openai',
  ],
  [/^ai-gateway\.vercel\.sh$/, 'system.openai'],
];

/** The server of a base URL; `undefined` for one that is in no table. */
export function findServer(base: string): Server | undefined {
  const host = hostOf(base) ?? '';
  const [, category, countsUnasked = false] = servers.find(([known]) => known.test(host)) ?? [];
  return category && { category, isProxied: !/^bedrock-|aiplatform\./.test(host), countsUnasked };
}

/** The host of a URL, or of a host with or without port, in lower case. */
function hostOf(url: string | undefined): string | undefined {
  return url?.toLowerCase().match(/^(?:\w+:\/\/)?(\[[^\]]*\]|[^/?#:]+)/)?.[1];
}

const isLoopback = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;
const reported = new WeakMap<ResolvedPayi, Set<unknown>>();

/**
 * Says once for each host which prices the events of its calls get, if that is a guess. A server on this machine costs
 * nothing, or is a test.
 */
export function reportUnknownHost(payi: ResolvedPayi, base: string): void {
  const { defaults, deliveryOptions: { hostMappings = [], modelMappings = [] } = {} } = payi;
  const host = hostOf(base) as string;
  const hosts =
    reported.get(payi) ?? new Set([...hostMappings, ...modelMappings].map((one) => hostOf(one.host)));
  reported.set(payi, hosts);
  if (hosts.has(host) || isLoopback.test(host) || defaults.priceAsCategory) return;
  hosts.add(host);
  payi.report({
    code: 'UNKNOWN_HOST',
    message:
      `calls to ${host} are priced as system.openai. Say what they are: createPayi({ delivery: { ` +
      `hostMappings: [{ host: '${host}', priceAsCategory: 'system.openai' }] } })`,
  });
}

/**
 * The address at Pay-i's proxy, and headers for it. For another server with OpenAI's interface, a header carries the
 * client's base URL with its path, as the proxy's documentation for Databricks says, and the address has the proxy's own
 * path. On Azure, a header carries the deployment, which determines the price; for Google's models, the name that has one.
 *
 * @param resource - What is priced.
 * @returns `undefined` for a server that the proxy does not serve, and for requests to Azure without a deployment in the
 *   path, except `responses` of its `v1` API.
 */
export function proxiedAddress(
  { base, operation, query }: Address,
  payiUrl: string,
  resource: string,
  isAzure: boolean,
): ProxiedAddress | undefined {
  const end = `/${operation}${query}`;
  const headers: Record<string, string> = {};
  const server = isAzure ? undefined : findServer(base);
  const isNamedAnew = isAzure || server?.category === 'system.google.vertex';
  if (isNamedAnew && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(resource)) {
    headers[headerNames.priceAsResource] = resource;
  }
  if (isAtPayi({ baseUrl: payiUrl }, base)) return { url: base + end, headers };
  if (!isAzure) {
    if (server?.isProxied === false) return undefined;
    if (base !== 'https://api.openai.com/v1') headers[headerNames.providerBaseUri] = base;
    if (server && server.category !== 'system.openai') headers[headerNames.priceAsCategory] = server.category;
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
