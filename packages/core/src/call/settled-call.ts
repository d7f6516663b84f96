import type { DeliveryStats } from '../settings/payi.ts';
import type { CallContent } from './capture.ts';
import type { Receipt } from './receipt.ts';

/** A finished call, and the callback for the outcome of its event. */
export interface SettledCall {
  readonly receipt: Receipt;
  readonly providerUri: string | undefined;
  /** The key of its event. Absent if it has none yet. */
  readonly eventId?: string | undefined;
  /** What is delivered in the place of an event: the score of a KPI. Then `receipt` has no call. */
  readonly json?: string;
  /** The content that `capture` asks for. */
  readonly content?: CallContent | undefined;
  /** Whether the application wants to know the cost of the call. */
  isAwaited(): boolean;
  /** Completes the record. Called once; never throws. */
  conclude(receipt: Receipt): void;
}

/** Calls whose last attempt failed. They are removed when it is known whether a retry follows. */
export type OpenCalls = Map<object, OpenCall>;

interface OpenCall {
  /** Ends the call if no retry follows. */
  giveUp(): void;
  /** Runs when it is removed. */
  onKnown?: () => void;
}

/** The delivery of events. Its implementation is loaded with the first event. */
export interface OpenDelivery {
  accept(call: SettledCall): void;
  flush(timeoutMs?: number): Promise<boolean>;
  close(timeoutMs?: number): Promise<boolean>;
  /** How full the queue is, from 0 to 1. 0 if a journal keeps what it cannot hold. */
  fullness(): number;
  /** Absent members are 0. */
  stats(): Partial<DeliveryStats>;
}
