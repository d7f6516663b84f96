import type { AnswerOptions, BytesAnswer, JsonAnswer, TextAnswer } from './bedrock-answer.ts';
import type { ScriptedUsage } from './token-usage.ts';

/** A call of a tool that the model asks for. */
export interface ScriptedToolCall {
  name: string;
  arguments: Readonly<Record<string, unknown>>;
}

/** Token counts of an answer, which do not overlap. Missing counts are counted from the text. */
export interface ProviderUsage extends ScriptedUsage {
  /** Besides `outputTokens`: OpenAI and Anthropic state both together as their output. */
  reasoningTokens?: number;
}

/** What the model says, sent in the format of the operation. Defaults are derived from the request. */
export interface ReplyAnswer extends Omit<TextAnswer, 'usage'> {
  /** Without `text`, the answer has no text besides. */
  toolCalls?: readonly ScriptedToolCall[];
  usage?: ProviderUsage;
}

/** A stream of server-sent events, sent as given. */
export interface SseAnswer extends AnswerOptions {
  events: readonly SseEvent[];
  /** How long to wait before each event but the first. */
  chunkDelayMs?: number;
}

/** One step of a scripted stream. */
export type SseEvent = {
  /** How long to wait before this step, in addition to `chunkDelayMs`. */
  delayMs?: number;
} & (
  | {
      /** A text, such as `[DONE]`, or a value to send as JSON. */
      data: unknown;
      /** The name of the event. @default The member `type` of `data`; without it, the event has no name */
      event?: string;
    }
  | {
      /** Bytes as they are, e.g. a comment, or a part of an event. */
      bytes: Uint8Array | string;
    }
);

/** An error in the provider's format instead of an answer. */
export interface ProviderErrorAnswer extends AnswerOptions {
  error: {
    status: number;
    /** The provider's name of the error, e.g. `rate_limit_error`. @default The name that belongs to the status */
    type?: string;
    message?: string;
    /** Only OpenAI has codes besides names, e.g. `insufficient_quota`. */
    code?: string;
  };
}

/** A scripted answer. Its members decide the kind; `{}` is the default answer. */
export type ProviderAnswer = ReplyAnswer | JsonAnswer | BytesAnswer | SseAnswer | ProviderErrorAnswer;
