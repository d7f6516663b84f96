import type { AnswerFaults } from './bedrock-answer.ts';

/** An answer in the form in which it goes over the wire. */
export interface RenderedAnswer {
  status: number;
  headers: Record<string, string>;
  /** Waits before the first byte. */
  delayMs: number;
  body: Uint8Array | FrameSource;
  faults: AnswerFaults;
}

/**
 * Produces the frames of an event stream one by one, each when it is due.
 *
 * @param signal - Aborted when nobody listens any more; a wait then ends with an error.
 */
export type FrameSource = (signal: AbortSignal) => AsyncGenerator<Uint8Array>;
