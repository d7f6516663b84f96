import type { AnswerFaults, AnswerOptions } from './bedrock-answer.ts';

/** An answer as it is sent. */
export interface RenderedAnswer {
  status: number;
  headers: Record<string, string>;
  /** How long to wait before the first byte. */
  delayMs: number;
  body: Uint8Array | FrameSource;
  faults: AnswerFaults;
  pace?: AnswerOptions['pace'];
}

/**
 * Produces the frames of an event stream one by one, each when it is due.
 *
 * @param signal - Aborted when the caller has disconnected; a wait then rejects.
 */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<Uint8Array>;
