/**
 * What the adapters share to annotate and observe calls. An adapter loads it when the first client is registered: only
 * modules that it loads with `import()` import values from here. Others import only types. The rules for versions of
 * `@payi/core/adapter` apply here, too.
 *
 * @module
 */

export { checkHeaderValue } from './annotations/header-value.ts';
export { annotationHeaderNames, isAnnotationHeader } from './annotations/parse-headers.ts';
export {
  type AnnotatedCall,
  type AnnotatedHeaders,
  annotateCall,
  annotateHeaders,
  refuseAddress,
  reportMisplaced,
  withDefaultHeaders,
} from './call/annotate-call.ts';
export { Observation, type ObservedCall } from './call/observation.ts';
export type { SentRequest } from './call/sent-request.ts';
export { type EventReading, type ReadOn, StreamWatch, type WatchedStream } from './call/stream-watch.ts';
export { deletePayiHeaders, setAnnotations } from './http/annotate-request.ts';
export type { AttemptRequest, FetchCall, FetchRequest } from './http/attempt.ts';
export { findBatch } from './http/batches.ts';
export { fetchOrBypass, sendOrBypass, skipsPayi } from './http/bypass.ts';
export { clientFetch } from './http/client-fetch.ts';
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
export { observedFetch } from './http/observed-fetch.ts';
export { Retries } from './http/retries.ts';
export { SdkCall } from './http/sdk-call.ts';
export { reportRedirect, withinOrigin } from './http/within-origin.ts';
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
