import {
  type FetchSettings,
  InvalidAnnotationError,
  isPayiHeader,
  type ResolvedPayi,
} from '@payi/core/adapter';
import {
  clientFetch,
  type FetchCall,
  type FetchRequest,
  findJsonMembers,
  parseSpan,
  readBedrockInput,
} from '@payi/core/calls';
import { splitUrl, throughProxy } from './address.ts';
import { answerReader, isJsonSource } from './answer.ts';
import { operationOfAction } from './operations.ts';
import { signedNames } from './signed-names.ts';

/** The `fetch` of `payiClientOptions()`. */
export function observeRequests(
  fetch: typeof globalThis.fetch,
  settings: FetchSettings,
): typeof globalThis.fetch {
  return clientFetch(fetch, settings, '@payi/bedrock', (request) => describe(settings.payi, request));
}

/** @throws `PayiError` for a call that would go wrong: see {@link refuseSigned} and {@link throughProxy}. */
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
