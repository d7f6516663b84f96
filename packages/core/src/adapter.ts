/**
 * What the adapters share. For their authors; applications need only the root entry.
 *
 * Any minor release may change it, a patch release never does. A package that imports it depends on one minor version of
 * `@payi/core` (`~1.2.0`), so that it never meets a later one.
 *
 * Some exports are also in the root entry. An adapter imports them here, so that it does not load `createPayi()`.
 *
 * @module
 */

export type { Category } from './annotations/categories.ts';
export { isPlainObject } from './annotations/check-properties.ts';
export { headerNames, isPayiHeader } from './annotations/header-names.ts';
export { checkHeaderValue } from './annotations/header-value.ts';
export { annotationHeaderNames, isAnnotationHeader } from './annotations/parse-headers.ts';
export { headersAreUsed, watchHeaders } from './annotations/unused-headers.ts';
export {
  type AnnotatedCall,
  type AnnotatedHeaders,
  annotateCall,
  annotateHeaders,
  refuseAddress,
  reportMisplaced,
  withDefaultHeaders,
} from './call/annotate-call.ts';
export type { AnnotatedRequest, AttemptCallbacks, ObservedResponse } from './call/callbacks.ts';
export { copyClient } from './call/copy-client.ts';
export { Observation, type ObservedCall } from './call/observation.ts';
export { type Registration, registrations, registrationsOf } from './call/registrations.ts';
export type { SentRequest } from './call/sent-request.ts';
export { type EventReading, type ReadOn, StreamWatch, type WatchedStream } from './call/stream-watch.ts';
export { acceptScore, type KpiScore } from './delivery/accept-score.ts';
export {
  ConfigurationError,
  InvalidAnnotationError,
  isPayiError,
  UnregisteredOperationError,
  UnsupportedClientError,
} from './errors.ts';
export { deletePayiHeaders, setAnnotations } from './http/annotate-request.ts';
export type { AttemptRequest, FetchCall, FetchRequest, FetchSettings } from './http/attempt.ts';
export { findBatch } from './http/batches.ts';
export { type ClientOptions, clientOptions } from './http/client-options.ts';
export { ConnectionSignal } from './http/connection-signal.ts';
export { type EventFrame, frameHeader, framePayload, frameReader } from './http/event-frames.ts';
export { type FollowUp, observeBegunAnswer } from './http/follow-up.ts';
export { type AnsweredAttempt, type AnswerReader, observeAnswer } from './http/observe-answer.ts';
export type { AnswerBody } from './http/observe-body.ts';
export {
  type EventReader,
  failureIn,
  observeEvents,
  type ServerEventReading,
  withFailure,
} from './http/observe-events.ts';
export { observedFetch, withMembers } from './http/observed-fetch.ts';
export { Retries } from './http/retries.ts';
export { SdkCall } from './http/sdk-call.ts';
export { reportRedirect, withinOrigin } from './http/within-origin.ts';
export { decodeText, fromEnvironment, joinBytes, keepRecent, later, processWide } from './runtime.ts';
export { isCredential, withoutSecrets } from './secrets/secrets.ts';
export type { AbandonPolicy } from './settings/abandon.ts';
export {
  type AdapterOptions,
  type AdapterSettings,
  agreesWith,
  resolveOptions,
} from './settings/resolve-options.ts';
export {
  addressHint,
  isAtPayi,
  isDisabled,
  isUnencrypted,
  type ResolvedPayi,
  resolvePayi,
} from './settings/resolved-payi.ts';
export { readAnthropicEvent, readAnthropicMessage } from './usage/anthropic-messages.ts';
export { readBedrockBody, readBedrockChunk } from './usage/bedrock-body.ts';
export { otherCounts } from './usage/compare-units.ts';
export { readConverse, readConverseEvent } from './usage/converse.ts';
export { readAppliedGuardrail } from './usage/guardrail.ts';
export {
  findJsonMembers,
  type JsonSource,
  type JsonSpan,
  parseBrief,
  parseJson,
  parseMember,
  parseSpan,
} from './usage/json.ts';
export { familyOf } from './usage/model-family.ts';
export { readOpenAIResponse, readOpenAIResponseEvent } from './usage/openai-responses.ts';
export { resultNames } from './usage/proxy-result.ts';
export {
  readBedrockInput,
  readBedrockRequest,
  readGemini,
  readOpenAIChat,
  readOpenAIEmbeddings,
  readOpenAIImages,
  readOpenAIRequest,
  readOpenAISpeech,
  readOpenAITranscript,
  readOpenAIVideo,
  readServedHeaders,
  readTokenCountHeaders,
} from './usage/readers.ts';
export { nothing, type OtherCounts, type Reading } from './usage/reading.ts';
export { parseRetryAfter } from './web.ts';
