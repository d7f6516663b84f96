/**
 * What adapters share. For the authors of adapters; applications need only the root entry. It may change in any minor
 * release.
 *
 * @module
 */
export { type AnnotatedCall, annotateCall } from './annotate-call.ts';
export {
  type AnnotatedRequest,
  type AttemptCallbacks,
  type ObservedResponse,
  runCallback,
  withoutCredentials,
} from './callbacks.ts';
export { isPlainObject } from './check-properties.ts';
export { type ResolvedPayi, resolvePayi } from './create-payi.ts';
export { checkHeaderValue, checkTotal, wireLength } from './header-value.ts';
export { canonicalHeaderName, mergeHeaders, setInAnyCase } from './merge-headers.ts';
export { Observation, type ObservedCall } from './observation.ts';
export { readBedrockBody, readBedrockChunk } from './usage/bedrock-body.ts';
export { readConverse, readConverseEvent } from './usage/converse.ts';
export { familyOf } from './usage/model-family.ts';
export type { Reading } from './usage/reading.ts';
export { readTokenCountHeaders } from './usage/token-count-headers.ts';
