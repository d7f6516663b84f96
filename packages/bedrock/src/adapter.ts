// Only Bedrock clients are extended in place, so a tool can look at their middleware and operations.
/**
 * What tools that look into a registered client need, `payi-doctor` for one. Applications need only the root entry. It
 * may change in any minor release.
 *
 * @module
 */
export { attemptMiddlewareOptions } from './attempt.ts';
export { callMiddlewareOptions } from './call-middleware.ts';
export type { BedrockClient, HttpRequest, HttpResponse, MiddlewareOptions } from './client.ts';
export { meteredOperations } from './operations.ts';
