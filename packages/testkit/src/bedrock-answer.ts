import type { EventStreamFrame } from './event-stream-frame.ts';
import type { ScriptedUsage } from './token-usage.ts';

/** What every scripted answer may say besides its content. */
export interface AnswerOptions {
  /** Headers to add to the answer, or to send in place of its own. */
  headers?: Readonly<Record<string, string>>;
  /** How long to wait before the first byte. */
  delayMs?: number;
  faults?: AnswerFaults;
}

/**
 * How the delivery of an answer goes wrong, whatever its content. Several may be combined; the first to strike counts.
 * Events are counted from 1 in "after so many", frames from 0; a body without events counts as one of each.
 */
export interface AnswerFaults {
  /** End the body cleanly after so many bytes, as if it were whole. Over HTTP/1.1 no `content-length` is sent then. */
  truncateAfterBytes?: number;
  /** Break the connection after so many events; `0` breaks it before the headers. */
  dropAfterEvents?: number;
  /** Break the connection after so many bytes of the body; `0` breaks it after the headers. */
  dropAfterBytes?: number;
  /**
   * What breaks over HTTP/2: the stream of this call alone, by a reset, or the connection with all calls on it. Over
   * HTTP/1.1, where a connection serves one call at a time, they are the same.
   *
   * @default 'stream'
   */
  dropScope?: 'stream' | 'connection';
  /** Send nothing more after so many events, and leave the connection open. */
  stallAfterEvents?: number;
  /** Send nothing more after so many bytes, and leave the connection open. */
  stallAfterBytes?: number;
  /** How long a stall lasts; the rest is sent after it. @default For ever */
  stallMs?: number;
  /** Spoil the checksum of this frame's prelude, which guards its two lengths. */
  corruptPreludeOfFrame?: number;
  /** Spoil the checksum at the end of this frame, which guards all of it. */
  corruptMessageOfFrame?: number;
  /** Write the body in pieces of at most so many bytes; `1` is byte by byte. */
  pieceBytes?: number;
  /** How long to wait before each piece but the first. Without `pieceBytes` a piece is an event. */
  pieceDelayMs?: number;
}

/** What the model says; everything not given is made up from the request, in the format of the model and the operation. */
export interface TextAnswer extends AnswerOptions {
  text?: string;
  /** The text in the pieces in which a stream sends it, in place of `text`. Otherwise a piece is a word. */
  chunks?: readonly string[];
  /** How long to wait before each event of a stream but the first. */
  chunkDelayMs?: number;
  usage?: ScriptedUsage;
  /** The reason for the end, in the vocabulary of the model's format, e.g. `max_tokens`. */
  stopReason?: string;
}

/** A JSON body, sent as given. */
export interface JsonAnswer extends AnswerOptions {
  json: unknown;
  /** @default 200 */
  status?: number;
  /** Sent as token count headers, as Bedrock does with InvokeModel. Without it those headers are left out. */
  usage?: ScriptedUsage;
}

/** A body of any bytes, sent as given. */
export interface BytesAnswer extends AnswerOptions {
  bytes: Uint8Array;
  /** @default 'application/octet-stream' */
  contentType?: string;
  /** @default 200 */
  status?: number;
}

/** An event stream, sent as given. */
export interface EventsAnswer extends AnswerOptions {
  events: readonly ScriptedEvent[];
  /** How long to wait before each event but the first. */
  chunkDelayMs?: number;
}

/** An AWS error instead of an answer. */
export interface ErrorAnswer extends AnswerOptions {
  error: {
    /** The exception's name, e.g. `ThrottlingException`; sent as `x-amzn-errortype`. */
    type: string;
    /** Without it, the exception's name is the message. */
    message?: string;
    /** @default What AWS sends with that name, 400 for a name it does not use. */
    status?: number;
    /** Further members of the body, e.g. `originalStatusCode`. */
    members?: Readonly<Record<string, unknown>>;
  };
}

/** A scripted answer; its content decides which. `{}` is the default answer. */
export type BedrockAnswer = TextAnswer | JsonAnswer | BytesAnswer | EventsAnswer | ErrorAnswer;

/** One step of a scripted stream. */
export type ScriptedEvent = {
  /** How long to wait before it, on top of `chunkDelayMs`. */
  delayMs?: number;
} & (
  | {
      /** A chunk of InvokeModelWithResponseStream: the model's own JSON, or bytes that need not be JSON. */
      chunk: object | Uint8Array;
    }
  | {
      /** An event by its name, e.g. `contentBlockDelta`; names unknown to the SDK are sent too. */
      event: string;
      payload: unknown;
    }
  | {
      /** An exception in the middle of a stream by its name, e.g. `throttlingException`. */
      exception: string;
      payload: unknown;
    }
  | {
      /** An error in the middle of a stream that AWS does not model: a frame of `:message-type` `error`, by its code. */
      errorCode: string;
      message: string;
    }
  | {
      /** A frame with any headers and body, correctly framed. */
      frame: EventStreamFrame;
    }
  | {
      /** Bytes without a frame. */
      bytes: Uint8Array;
    }
);
