import { nothing, type Reading, type Units } from './reading.ts';
import { wholeOf } from './units.ts';

interface Counts {
  input?: number;
  output?: number;
}

/**
 * What two sources of one call say together; the counters of streams are cumulative, so later counts replace earlier
 * ones, per unit and direction.
 *
 * Where only the earlier source told a part from its whole ({@link wholeOf}), the later count of the whole is taken
 * without that part: Anthropic sends the split of cache writes when a message starts, and their sum when it ends.
 *
 * @param earlier - Its id wins: the first event of a stream has the id of the answer.
 * @returns `earlier` itself when the later source says nothing. Neither is changed.
 */
export function mergeReadings(earlier: Reading, later: Reading): Reading {
  if (later === nothing || later === earlier) return earlier;
  if (earlier === nothing) return later;
  const merged = { ...later, ...earlier };
  return {
    ...merged,
    ...(earlier.units && later.units && { units: mergeUnits(earlier.units, later.units) }),
    ...(later.properties && { properties: { ...earlier.properties, ...later.properties } }),
    ...(later.toolCalls && { toolCalls: [...(earlier.toolCalls ?? []), ...later.toolCalls] }),
  };
}

function mergeUnits(earlier: Units, later: Units): Units {
  const merged: Record<string, Counts> = { ...earlier };
  for (const [name, counts] of Object.entries(later)) merged[name] = { ...earlier[name], ...counts };
  for (const [part, whole] of Object.entries(wholeOf)) {
    if (!later[part]) subtract(merged[whole], later[whole], earlier[part]);
  }
  return merged;
}

/** Only from the directions of which the later source speaks: the others are still without their parts. */
function subtract(counts: Counts | undefined, later: Counts | undefined, part: Counts | undefined): void {
  for (const direction of ['input', 'output'] as const) {
    const whole = counts?.[direction];
    if (counts && whole !== undefined && later?.[direction] !== undefined) {
      counts[direction] = Math.max(0, whole - (part?.[direction] ?? 0));
    }
  }
}
