/**
 * What happens to the provider's stream when its reader leaves before the end.
 *
 * - `close`: the connection is closed, so that the model stops writing. Nothing more is counted.
 * - `drain`: the rest is read in the background for its counts. The model writes to its end, at your expense.
 * - bounds: the rest is read for at most `drainMs` milliseconds and `drainEvents` events, then the connection is closed.
 *   Without either, it is closed at once.
 *
 * `estimate`: if a stream ends before its output was counted, the receipt has an estimate, by the text that came. It says
 * so: `usageSource` is `estimate`.
 */
export type AbandonPolicy =
  | 'close'
  | 'drain'
  | {
      readonly drainMs?: number | undefined;
      readonly drainEvents?: number | undefined;
      readonly estimate?: boolean | undefined;
    };

export interface DrainBounds {
  readonly drainMs: number;
  readonly drainEvents: number;
}

/** Once the model has stopped, only its counts are left. They are worth a short wait under every policy. */
export const closingBounds: DrainBounds = { drainMs: 1000, drainEvents: 16 };

/** A policy that is an object. */
type Terms = Exclude<AbandonPolicy, string>;

/** `undefined` for "close at once". */
export function drainBounds(policy: AbandonPolicy): DrainBounds | undefined {
  const most = Number.POSITIVE_INFINITY;
  const { drainMs, drainEvents } = (policy === 'drain' ? { drainMs: most } : policy) as Terms;
  if ((drainMs ?? drainEvents) === undefined) return undefined;
  return { drainMs: drainMs ?? most, drainEvents: drainEvents ?? most };
}

export function wantsEstimate(policy: AbandonPolicy): boolean {
  return (policy as Terms).estimate === true;
}
