/**
 * What happens to the provider's stream when its reader leaves before the end.
 *
 * - `close`: the connection is closed, so that the model stops writing. Nothing more is counted.
 * - `drain`: the rest is read in the background for its counts. The model writes to its end, at your expense.
 * - bounds: the rest is read for at most `drainMs` milliseconds and `drainEvents` events, then the connection is closed.
 */
export type AbandonPolicy =
  | 'close'
  | 'drain'
  | { readonly drainMs?: number | undefined; readonly drainEvents?: number | undefined };

export interface DrainBounds {
  readonly drainMs: number;
  readonly drainEvents: number;
}

/** Once the model has stopped, only its counts are left. They are worth a short wait under every policy. */
export const closingBounds: DrainBounds = { drainMs: 1000, drainEvents: 16 };

/** `undefined` for "close at once". */
export function drainBounds(policy: AbandonPolicy): DrainBounds | undefined {
  if (policy === 'close') return undefined;
  const { drainMs, drainEvents } = policy === 'drain' ? {} : policy;
  return {
    drainMs: drainMs ?? Number.POSITIVE_INFINITY,
    drainEvents: drainEvents ?? Number.POSITIVE_INFINITY,
  };
}
