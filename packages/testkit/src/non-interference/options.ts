import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { CheckName, Protocol } from './report.ts';

/**
 * Instruments a client as an application would, before its first call.
 *
 * @returns A function that removes the instrumentation. Any other value is ignored.
 */
export type Instrument = (client: BedrockRuntimeClient) => unknown;

/** The checks to run, and the differences that are allowed. Only `instrument` is required. */
export interface NonInterferenceOptions {
  /** The instrumentation to check. Called for every client, and after a call if it has `cacheMiddleware`. */
  instrument: Instrument;
  /**
   * Prepares the bare clients. Needed for an instrumentation that sends calls another way, e.g. through a proxy: it
   * sends them the same way, written by hand.
   */
  baseline?: Instrument;
  /** @default ['http/1.1', 'h2'] */
  protocols?: readonly Protocol[];
  /** The checks to run. @default All of them */
  checks?: readonly CheckName[];
  /**
   * Removes the parts of an answer's bytes that differ from call to call, such as the id that a proxy adds. The
   * returned bytes are compared. Called for the `body` of InvokeModel and the chunks of its stream.
   */
  comparableBytes?: (bytes: Uint8Array) => Uint8Array;
  /** Members, e.g. of errors, that differ from call to call, such as the id that a proxy adds. @default [] */
  volatileMembers?: readonly string[];
  /** How much later the first event may arrive than with the bare client, by the median of calls. @default 10 */
  firstEventSlackMs?: number;
  /** How much longer than with the bare client leaving a stream may take. @default 50 */
  breakSlackMs?: number;
  /**
   * The fraction of events that the server may write more than with the bare client while the consumer pauses.
   * @default 0.5
   */
  backPressureSlack?: number;
  /**
   * The number of events in the stream whose memory is measured, which needs `node --expose-gc`. A longer stream
   * reveals smaller leaks, and takes longer.
   *
   * @default 50_000
   */
  heapEvents?: number;
  /** How much more heap than with the bare client that stream may take. @default 1_000_000 */
  heapSlackBytes?: number;
  /** The time after which a scenario counts as stuck. @default 20_000 */
  timeoutMs?: number;
}

/** The options with all defaults filled in. */
export type ResolvedOptions = Required<Omit<NonInterferenceOptions, 'baseline'>> &
  Pick<NonInterferenceOptions, 'baseline'>;
