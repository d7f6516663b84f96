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
export {
  type ListenOptions,
  listen,
  type RunningServer,
  type ServerHandler,
  type ServerRequest,
  type ServerResponse,
} from './listen.ts';
export type { HeaderList } from './sigv4-canonical-request.ts';
export type { AwsCredentials } from './sigv4-verifier.ts';
export {
  type BedrockCall,
  type RunningBedrock,
  type StartBedrockOptions,
  startBedrock,
} from './start-bedrock.ts';
export type { ScriptedUsage } from './token-usage.ts';
