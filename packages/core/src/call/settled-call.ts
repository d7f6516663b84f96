import type { DeliveryStats } from '../settings/payi.ts';
import type { CallContent } from './capture.ts';
import type { Receipt } from './receipt.ts';

/** A call that has ended, and what is to be told when it is known what became of its event. */
export interface SettledCall {
  readonly receipt: Receipt;
  readonly providerUri: string | undefined;
  /** What of its content was asked for. */
  readonly content?: CallContent | undefined;
  /** Whether anybody wants to know what the call cost. */
  isAwaited(): boolean;
  /** To be called once. Never throws. */
  conclude(receipt: Receipt): void;
}

/** What `Delivery` is to those that do not want to load it before there is something to deliver. */
export interface OpenDelivery {
  accept(call: SettledCall): void;
  flush(timeoutMs?: number): Promise<boolean>;
  close(timeoutMs?: number): Promise<boolean>;
  /** What is not said is 0. */
  stats(): Partial<DeliveryStats>;
}
