/**
 * Every `xProxy-*` header name, once. HTTP names are case-insensitive; this is the spelling Pay-i documents.
 *
 * The first fourteen carry annotations and are keyed by their field in {@link Annotations}. The last three are
 * set by an adapter on the way to Pay-i's proxy, never by an application.
 *
 * @see https://docs.pay-i.com/docs/list-of-all-supported-headers
 */
export const headerNames = {
  limitIds: 'xProxy-Limit-IDs',
  /** Legacy: the service still reads request tags, its current Python SDK no longer sends them. */
  requestTags: 'xProxy-Request-Tags',
  requestProperties: 'xProxy-Request-Properties',
  useCaseName: 'xProxy-UseCase-Name',
  useCaseId: 'xProxy-UseCase-ID',
  useCaseVersion: 'xProxy-UseCase-Version',
  useCaseStep: 'xProxy-UseCase-Step',
  useCaseProperties: 'xProxy-UseCase-Properties',
  userId: 'xProxy-User-ID',
  accountName: 'xProxy-Account-Name',
  priceAsCategory: 'xProxy-PriceAs-Category',
  priceAsResource: 'xProxy-PriceAs-Resource',
  resourceScope: 'xProxy-Resource-Scope',
  logPromptAndResponse: 'xProxy-Logging-Disable',
  apiKey: 'xProxy-Api-Key',
  providerBaseUri: 'xProxy-Provider-BaseUri',
  /** A prefix: the proxy strips it and hands the rest of the name to the provider. */
  forward: 'xProxy-Forward-',
} as const;

/** Whether a header is Pay-i's, an annotation or not. Names in any case. */
export function isPayiHeader(name: string): boolean {
  return /^xproxy-/i.test(name);
}
