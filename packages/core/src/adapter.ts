/**
 * What adapters share. For the authors of adapters; applications need only the root entry. It may change in any minor
 * release.
 *
 * @module
 */
export type { AbandonPolicy } from './abandon.ts';
export { type AnnotatedCall, annotateCall } from './annotate-call.ts';
export { announceRequest, announceResponse } from './announce.ts';
export type {
  AnnotatedRequest,
  AttemptCallbacks,
  ObservedResponse,
} from './callbacks.ts';
export { isPlainObject } from './check-properties.ts';
export type { ResolvedPayi } from './create-payi.ts';
export type {
  Attempt,
  AttemptRequest,
  FetchCall,
  FetchSettings,
} from './fetch/attempt.ts';
export { findJsonMembers, parseSpan, type TextSpan } from './fetch/json-members.ts';
export { type AnswerBody, type AnswerListener, observeAnswer } from './fetch/observe-answer.ts';
export { type EventReader, observeEvents, type ServerEventReading } from './fetch/observe-events.ts';
export {
  type DescribedCall,
  type FetchRequest,
  observedFetch,
  settingsOf,
} from './fetch/observed-fetch.ts';
export { refusal } from './fetch/refusal.ts';
export { Retries } from './fetch/retries.ts';
export { settleUnread } from './fetch/settle-unread.ts';
export { SignalShield } from './fetch/signal-shield.ts';
export { checkHeaderValue } from './header-value.ts';
export { later } from './later.ts';
export { canonicalHeaderName, mergeHeaders } from './merge-headers.ts';
export { reportMisplaced } from './misplaced-annotations.ts';
export { Observation, type ObservedCall } from './observation.ts';
export { annotationHeaderNames } from './parse-headers.ts';
export {
  type AdapterOptions,
  type AdapterSettings,
  agreesWith,
  resolveOptions,
} from './resolve-options.ts';
export { resolvePayi } from './resolve-payi.ts';
export { type EventReading, type ReadOn, StreamWatch, type WatchedStream } from './stream-watch.ts';
export { readAnthropicEvent, readAnthropicMessage } from './usage/anthropic-messages.ts';
export { readBedrockBody, readBedrockChunk } from './usage/bedrock-body.ts';
export { readConverse, readConverseEvent } from './usage/converse.ts';
export { familyOf } from './usage/model-family.ts';
export { readOpenAIChat, readOpenAIChatChunk } from './usage/openai-chat.ts';
export { readOpenAIImages } from './usage/openai-images.ts';
export { readOpenAIResponse, readOpenAIResponseEvent } from './usage/openai-responses.ts';
export type { Reading } from './usage/reading.ts';
export { readTokenCountHeaders } from './usage/token-count-headers.ts';
