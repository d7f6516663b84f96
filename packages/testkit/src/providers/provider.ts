import type { BytesAnswer, JsonAnswer } from '../bedrock-answer.ts';
import type { JsonObject } from '../json.ts';
import type { ProviderErrorAnswer, ScriptedToolCall, SseAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';
import type { TokenUsage } from '../token-usage.ts';

/** The reply of a model, before it is put into the format of an operation. */
export interface ProviderReply {
  /** As the caller names it. */
  model: string;
  /** The request's body; `{}` if it is not a JSON object. */
  json: JsonObject;
  request: ProviderRequest;
  text: string;
  /** The same text in the pieces that a stream sends. */
  pieces: readonly string[];
  toolCalls: readonly ScriptedToolCall[];
  usage: TokenUsage & { reasoningTokens: number };
  /** The stop reason to report, as the provider spells it. */
  stopReason?: string | undefined;
}

/** An operation of a provider's API. */
export interface ProviderOperation {
  /** The provider's name of it, e.g. `chat/completions`. */
  name: string;
  /** @default 'POST' */
  method?: string;
  /** The path without its query. A group `model` is the model; without it, the body names the model. */
  path: RegExp;
  answer(reply: ProviderReply): JsonAnswer | BytesAnswer | SseAnswer;
}

/** The API of a provider. */
export interface Provider {
  /** The names of its hosts. */
  hosts: RegExp;
  idHeader?: string;
  newId(): string;
  /** Reads the key or the token of a request. `undefined` or `''` if there is none. */
  readKey(request: ProviderRequest): string | undefined;
  operations: readonly ProviderOperation[];
  /** The body of an error. */
  renderError(error: ProviderErrorAnswer['error'] & { message: string }, requestId: string): JsonObject;
  /** The end of a line in its event streams. @default '\n' */
  lineEnd?: '\n' | '\r\n';
}
