// Only Bedrock clients are extended in place, so a tool can look at their middleware and operations.
/**
 * For tools that inspect a registered client, such as `payi-doctor`. Applications need only the root entry. This entry
 * may change in any minor release.
 *
 * @module
 */
export type { BedrockClient, HttpRequest, HttpResponse, MiddlewareOptions } from './client.ts';
export { attemptMiddlewareOptions, callMiddlewareOptions } from './middleware-options.ts';
export { meteredOperations } from './operations.ts';
