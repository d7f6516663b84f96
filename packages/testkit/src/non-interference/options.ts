import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { CheckName, Protocol } from './report.ts';

/**
 * Instruments a client, as an application would do it, before its first call.
 *
 * @returns A function takes the instrumentation back; anything else is of no consequence.
 */
export type Instrument = (client: BedrockRuntimeClient) => unknown;

/** What is checked, and how much of a difference passes. Only `instrument` is needed. */
export interface NonInterferenceOptions {
  /** What is to be checked. Called for every client of a check, and for clients with `cacheMiddleware` after a call. */
  instrument: Instrument;
  /**
   * What the bare clients get in place of nothing. For an instrumentation that sends calls another way, e.g. through a
   * proxy: the same way, written by hand.
   */
  baseline?: Instrument;
  /** @default ['http/1.1', 'h2'] */
  protocols?: readonly Protocol[];
  /** The checks to run. @default All of them */
  checks?: readonly CheckName[];
  /**
   * Takes out of an answer's bytes what differs from call to call, such as the id that a proxy adds. What is given back
   * is compared. Called for the `body` of InvokeModel and the chunks of its stream.
   */
  comparableBytes?: (bytes: Uint8Array) => Uint8Array;
  /** Members, e.g. of errors, that differ from call to call, such as the id that a proxy adds. @default [] */
  volatileMembers?: readonly string[];
  /** How much later than with the bare client the first event may come, by the median of several calls. @default 10 */
  firstEventSlackMs?: number;
  /** How much longer than with the bare client leaving a stream may take. @default 50 */
  breakSlackMs?: number;
  /** By what part of the bare client's events the server may write more while the consumer pauses. @default 0.5 */
  backPressureSlack?: number;
  /**
   * How long a stream is whose memory is measured, which needs `node --expose-gc`. Longer finds smaller leaks, and takes
   * longer.
   *
   * @default 50_000
   */
  heapEvents?: number;
  /** How much more heap than with the bare client such a stream may take. @default 1_000_000 */
  heapSlackBytes?: number;
  /** After how long a scenario counts as stuck. @default 20_000 */
  timeoutMs?: number;
}

/** The options with everything filled in. */
export type ResolvedOptions = Required<Omit<NonInterferenceOptions, 'baseline'>> &
  Pick<NonInterferenceOptions, 'baseline'>;
