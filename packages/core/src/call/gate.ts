import type { Annotations } from '../annotations/annotations.ts';

/** A call as plugins see it. */
export interface GatedCall {
  readonly call: {
    readonly category: string;
    readonly operation: string;
    readonly resource: string;
    readonly annotations: Annotations;
  };
}

/**
 * Decides whether a call may be sent.
 *
 * @returns A promise only if there is something to wait for.
 * @throws, or rejects with, the `PayiError` that refuses the call.
 */
export type Gate = (call: GatedCall, body: unknown) => Promise<unknown> | undefined;
