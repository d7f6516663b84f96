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
export type { JsonObject } from './json.ts';
export type { LedgerEntry, TotalsKey, TotalsRow } from './ledger.ts';
export type { Limit, LimitOptions, LimitState, LimitStates } from './limits.ts';
export {
  type ListenOptions,
  listen,
  type RunningServer,
  type ServerHandler,
  type ServerRequest,
  type ServerResponse,
} from './listen.ts';
export type { Units } from './metering.ts';
export type { Cost } from './pricing.ts';
export type { ReceivedAnnotations } from './proxy-annotations.ts';
export type { ErrorEnvelope } from './proxy-error.ts';
export type { Upstream } from './proxy-provider.ts';
export type { ReceivedRequest } from './proxy-received-request.ts';
export type { ProxyResult } from './proxy-result.ts';
export type { HeaderList } from './sigv4-canonical-request.ts';
export type { AwsCredentials } from './sigv4-verifier.ts';
export {
  type BedrockCall,
  type RunningBedrock,
  type StartBedrockOptions,
  startBedrock,
} from './start-bedrock.ts';
export { type RunningPayi, type StartPayiOptions, startPayi } from './start-payi.ts';
export type { ScriptedUsage } from './token-usage.ts';
