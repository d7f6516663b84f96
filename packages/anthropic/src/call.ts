import { type Registration as CoreRegistration, later } from '@payi/core/adapter';
import {
  type AnnotatedHeaders,
  annotateHeaders,
  Observation,
  refuseAddress,
  reportMisplaced,
} from '@payi/core/calls';
import type { ApiRequest, CallOptions } from './client.ts';
import { operation } from './operations.ts';
import type { Platform } from './platform.ts';

/** The settings of one call of `withPayi()`. */
export interface Registration extends CoreRegistration {
  readonly platform: Platform;
  /** How often the client retries, unless a call says otherwise. */
  maxRetries(): number;
}

/** One call of the Messages API, from its first attempt to its end. */
export interface Call {
  readonly registration: Registration;
  /** The changes to the headers of each attempt, which the SDK creates anew. */
  readonly annotated: AnnotatedHeaders;
  readonly observation: Observation;
  /** Ends the wait for a retry. */
  stopWaiting: () => void;
}

const nothing = (): void => {};

/**
 * @param request - The first attempt. Not changed.
 * @throws `PayiError` when Pay-i cannot read an annotation among them.
 */
export function openCall(
  registration: Registration,
  request: ApiRequest,
  { body, signal }: CallOptions,
): Call {
  const { payi, platform, callbacks } = registration;
  const { headers } = request;
  refuseAddress(payi, request);
  const annotated = annotateHeaders(payi, headers);
  if (!annotated.isGiven) reportMisplaced(payi, operation, headers);
  const { category, resourcePrefix } = platform;
  const model = (body as { model?: unknown } | null | undefined)?.model;
  const resource = typeof model === 'string' ? resourcePrefix + model : '';
  const { annotations, warnings } = annotated;
  const call = {
    category,
    operation,
    resource,
    resourcePrefix,
    annotations,
    warnings,
  };
  const observation = new Observation(call, payi, callbacks);
  // The signal of the helper that `messages.stream()` returns, or the caller's own, may be all that leads to the receipt.
  if (signal) observation.attachTo(signal);
  return { registration, annotated, observation, stopWaiting: nothing };
}

/**
 * Keeps a failed call open for a retry.
 *
 * @param giveUp - Ends the call if no retry follows: when the time is over, the caller aborts, nothing holds the call any
 *   more, or the process exits. Must not hold the options.
 */
export function awaitRetry(call: Call, options: CallOptions, withinMs: number, giveUp: () => void): void {
  const end = untilRetried(call, options.signal ?? undefined, withinMs, giveUp);
  call.observation.expectRetry(end);
  call.observation.settleWhenGone(options, end);
}

/** Kept separate so that its closures do not capture `options`, which must stay collectable. */
function untilRetried(
  call: Call,
  signal: AbortSignal | undefined,
  withinMs: number,
  giveUp: () => void,
): () => void {
  const end = (): void => {
    call.stopWaiting();
    giveUp();
  };
  const cancelTimer = later(withinMs, end);
  signal?.addEventListener('abort', end, { once: true });
  call.stopWaiting = () => {
    cancelTimer();
    signal?.removeEventListener('abort', end);
  };
  return end;
}
