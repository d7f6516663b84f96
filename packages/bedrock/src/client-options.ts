import {
  type ClientOptions,
  clientOptions,
  type FetchCall,
  type FetchRequest,
  findJsonMembers,
  InvalidAnnotationError,
  isPayiHeader,
  parseSpan,
  type ResolvedPayi,
  readBedrockInput,
} from '@payi/core/adapter';
import { splitUrl, throughProxy } from './address.ts';
import { answerReader, isJsonSource } from './answer.ts';
import { operationOfAction } from './operations.ts';
import { signedNames } from './signed-names.ts';

/** Options of {@link payiClientOptions}. */
export type PayiClientOptions = ClientOptions<typeof globalThis.fetch>;

/**
 * Options for a client of Bedrock that signs requests itself and then calls a `fetch`: `createAmazonBedrock()` of the Vercel
 * AI SDK, or a client of your own with `aws4fetch`. The AWS SDK need not be installed. The only member is `fetch`; pass a
 * `fetch` of your own to this function.
 *
 * Annotate calls with `track()` or `payiMiddleware` of `@payi/core/context`. They are put on after signing, and on route
 * `proxy` the request goes to Pay-i with its signature as it was. A request with a Bedrock API key needs no signature.
 * `xProxy-*` headers that were signed would break the signature, or reach AWS: such a call is refused with an
 * `InvalidAnnotationError`, except on route `headers`.
 *
 * @throws `ConfigurationError` the route needs a key and there is none.
 */
export function payiClientOptions(options: PayiClientOptions = {}): { fetch: typeof globalThis.fetch } {
  return clientOptions(options, '@payi/bedrock', (payi) => (request) => describe(payi, request));
}

/** @throws `PayiError` for a call that would go wrong: see {@link payiClientOptions} and {@link throughProxy}. */
function describe(payi: ResolvedPayi, request: FetchRequest): FetchCall | undefined {
  const { method, url, headers, body } = request;
  const address = method === 'POST' ? splitUrl(url) : undefined;
  const operation = address && operationOfAction(address.action);
  if (address === undefined || operation === undefined) return undefined;
  const proxied = payi.route === 'proxy' ? throughProxy(address, payi) : undefined;
  if (payi.route !== 'headers') refuseSigned(headers);
  return {
    category: 'system.aws.bedrock',
    operation,
    resource: address.modelId,
    providerUri: address.provider,
    asked: readBedrockInput(operation.startsWith('Converse') ? inBody(body) : inHeaders(headers)),
    proxied,
    ...answerReader(operation, { body }, proxied),
  };
}

/** Members of the input of Converse that say how it is to be served. The rest, which may be megabytes, is not parsed. */
function inBody(body: unknown): Readonly<Record<string, unknown>> {
  if (!isJsonSource(body)) return {};
  const found = findJsonMembers(body, ['serviceTier', 'performanceConfig', 'guardrailConfig']);
  return Object.fromEntries([...found].map(([name, span]) => [name, parseSpan(body, span)]));
}

/**
 * The same of InvokeModel, which has it in headers.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
function inHeaders(headers: FetchRequest['headers']): Readonly<Record<string, unknown>> {
  return {
    serviceTier: headers.get('x-amzn-bedrock-service-tier'),
    performanceConfigLatency: headers.get('x-amzn-bedrock-performanceconfig-latency'),
    guardrailIdentifier: headers.get('x-amzn-bedrock-guardrailidentifier'),
    guardrailVersion: headers.get('x-amzn-bedrock-guardrailversion'),
  };
}

function refuseSigned(headers: FetchRequest['headers']): void {
  const signed = signedNames(headers.get('authorization')).find(isPayiHeader);
  if (signed === undefined) return;
  throw new InvalidAnnotationError(
    `headers[${JSON.stringify(signed)}]`,
    'was signed for AWS with the request; annotate the call with track() or payiMiddleware of @payi/core/context',
  );
}
