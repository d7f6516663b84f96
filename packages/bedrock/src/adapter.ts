// Only Bedrock clients are extended in place, so a tool can look at their middleware and operations.
/**
 * For tools that inspect a registered client, such as `payi-doctor`. Applications need only the root entry. This entry
 * may change in any minor release.
 *
 * @module
 */
export { attemptMiddlewareOptions } from './attempt.ts';
export { callMiddlewareOptions } from './call-middleware.ts';
export type { BedrockClient, HttpRequest, HttpResponse, MiddlewareOptions } from './client.ts';
export { meteredOperations } from './operations.ts';
