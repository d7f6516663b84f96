import type { EventStreamFrame } from './event-stream-frame.ts';
import type { ScriptedUsage } from './token-usage.ts';

/** Options of every scripted answer besides its content. */
export interface AnswerOptions {
  /** Headers to add to the answer. They override the answer's own headers. */
  headers?: Readonly<Record<string, string>>;
  /** How long to wait before the first byte. */
  delayMs?: number;
  faults?: AnswerFaults;
  /**
   * Holds the answer back until the promise resolves: before each event of a stream, by its index from 0, and before
   * the end or the fault after the last event, by the number of events. A test that depends on the order of things needs
   * no delays this way.
   */
  pace?: (index: number) => Promise<unknown> | undefined;
}

/**
 * Faults in the delivery of an answer, whatever its content. Faults can be combined; the first to strike counts.
 * Numbers of events count from 1, indexes of frames from 0. A body without events counts as one event and one frame.
 */
export interface AnswerFaults {
  /** End the body cleanly after this many bytes, as if it were complete, over HTTP/1.1 without `content-length`. */
  truncateAfterBytes?: number;
  /** Break the connection after this many events; `0` breaks it before the headers. */
  dropAfterEvents?: number;
  /** Break the connection after this many bytes of the body; `0` breaks it after the headers. */
  dropAfterBytes?: number;
  /**
   * The extent of a break over HTTP/2: `stream` resets the stream of this call, `connection` closes the connection
   * with all calls on it. Over HTTP/1.1 both are the same, because a connection serves one call at a time.
   *
   * @default 'stream'
   */
  dropScope?: 'stream' | 'connection';
  /** Send nothing more after this many events, and leave the connection open. */
  stallAfterEvents?: number;
  /** Send nothing more after this many bytes, and leave the connection open. */
  stallAfterBytes?: number;
  /** How long a stall lasts; the rest is sent after it. @default For ever */
  stallMs?: number;
  /** Corrupt the checksum of this frame's prelude, which covers its two lengths. */
  corruptPreludeOfFrame?: number;
  /** Corrupt the checksum at the end of this frame, which covers the whole frame. */
  corruptMessageOfFrame?: number;
  /** Write the body in pieces of at most this many bytes; `1` writes byte by byte. */
  pieceBytes?: number;
  /** How long to wait before each piece but the first. Without `pieceBytes` a piece is an event. */
  pieceDelayMs?: number;
}

/** The text of the model, sent in the format of model and operation. Defaults are derived from the request. */
export interface TextAnswer extends AnswerOptions {
  text?: string;
  /** The pieces of text that a stream sends, in place of `text`. By default a piece is a word. */
  chunks?: readonly string[];
  /** How long to wait before each event of a stream but the first. */
  chunkDelayMs?: number;
  usage?: ScriptedUsage;
  /** The stop reason as the model's format spells it, e.g. `max_tokens`. */
  stopReason?: string;
}

/** A JSON body, sent as given. */
export interface JsonAnswer extends AnswerOptions {
  json: unknown;
  /** @default 200 */
  status?: number;
  /** Sent as token count headers, as Bedrock does with InvokeModel. Without it, the answer has no such headers. */
  usage?: ScriptedUsage;
}

/** A body of bytes, sent as given. */
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

/** A scripted answer. Its members decide the kind; `{}` is the default answer. */
export type BedrockAnswer = TextAnswer | JsonAnswer | BytesAnswer | EventsAnswer | ErrorAnswer;

/** One step of a scripted stream. */
export type ScriptedEvent = {
  /** How long to wait before this step, in addition to `chunkDelayMs`. */
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
      /**
       * An error in the middle of a stream that AWS does not model: a frame of `:message-type` `error`, by its code.
       */
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
