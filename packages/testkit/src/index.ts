/**
 * Local servers for tests and demonstrations: an AWS Bedrock that verifies signatures, an OpenAI, an Anthropic, a
 * Google, and a Pay-i that proxies, meters and enforces limits.
 *
 * @module
 */
export type { SignatureVerdict } from './authenticate.ts';
export type {
  AnswerFaults,
  AnswerOptions,
  BedrockAnswer,
  BytesAnswer,
  ErrorAnswer,
  EventsAnswer,
  JsonAnswer,
  ScriptedEvent,
  TextAnswer,
} from './bedrock-answer.ts';
export type { BedrockOperation } from './bedrock-operation.ts';
export type { BedrockRequest } from './bedrock-request.ts';
export type { EventStreamFrame } from './event-stream-frame.ts';
export type { HeaderList } from './header-list.ts';
export type { JsonObject } from './json.ts';
export {
  type ListenOptions,
  listen,
  type RunningServer,
  type ServerHandler,
  type ServerRequest,
  type ServerResponse,
} from './listen.ts';
export type {
  IngestEndpoint,
  IngestFault,
  IngestFaultScript,
  IngestRequest,
  ItemError,
} from './payi/ingest-fault.ts';
export type { LedgerEntry, TotalsKey, TotalsRow } from './payi/ledger.ts';
export type { LimitState, LimitStates } from './payi/limit-state.ts';
export type { Limit, LimitOptions } from './payi/limits.ts';
export type { Cost } from './payi/pricing.ts';
export type { ReceivedAnnotations } from './payi/proxy-annotations.ts';
export type { ErrorEnvelope } from './payi/proxy-error.ts';
export type { Upstream } from './payi/proxy-provider.ts';
export type { ReceivedRequest } from './payi/proxy-received-request.ts';
export type { ProxyResult } from './payi/proxy-result.ts';
export { type RunningPayi, type StartPayiOptions, startPayi } from './payi/start-payi.ts';
export type { Units } from './payi/usage.ts';
export type {
  ProviderAnswer,
  ProviderErrorAnswer,
  ProviderUsage,
  ReplyAnswer,
  ScriptedToolCall,
  SseAnswer,
  SseEvent,
} from './provider-answer.ts';
export type { ProviderRequest } from './provider-request.ts';
export type { RecordedRequest } from './recorded-request.ts';
export { recordedStream } from './recorded-stream.ts';
export type { ScriptedServer } from './serve-provider.ts';
export type { AwsCredentials } from './sigv4-verifier.ts';
export { type RunningAnthropic, type StartAnthropicOptions, startAnthropic } from './start-anthropic.ts';
export {
  type BedrockCall,
  type RunningBedrock,
  type StartBedrockOptions,
  startBedrock,
} from './start-bedrock.ts';
export { type RunningGoogle, type StartGoogleOptions, startGoogle } from './start-google.ts';
export { type RunningOpenAI, type StartOpenAIOptions, startOpenAI } from './start-openai.ts';
export type { RunningProvider, StartProviderOptions } from './start-provider.ts';
export {
  type StreamEnding,
  type StreamFault,
  type StreamFaultsOptions,
  streamFaults,
} from './stream-faults.ts';
export type { ScriptedUsage } from './token-usage.ts';
