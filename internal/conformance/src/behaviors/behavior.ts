import type { Lab, Limits } from '../lab.ts';
import type { Surface } from '../surface.ts';

/** One thing that a client does, and what a caller can see of it: the same with Pay-i as without. */
export interface Behavior {
  readonly limits?: Limits;
  /** @default every surface */
  on?(surface: Surface): boolean;
  /** How many records the calls leave; `any` where it depends on the machine how far a call gets. */
  readonly receipts?: number | 'any';
  /** Whether the provider may see more or less, as the machine is slow or fast. */
  readonly hidesRequests?: true;
  /**
   * Its reader leaves a stream. A wanted difference: the SDKs of AWS and Google leave the connection open then, and with
   * Pay-i it is closed, as `onAbandon` says, so that the model stops.
   */
  readonly leaves?: true;
  /** Whether it lets held time limits pass. */
  readonly movesClock?: true;
  /** Why a route cannot have it. */
  readonly except?: { readonly [Route in 'proxy' | 'direct' | 'headers']?: string };
  /** @returns What a caller can see. */
  see(lab: Lab): Promise<unknown>;
}

export type Behaviors = Readonly<Record<string, Behavior>>;
