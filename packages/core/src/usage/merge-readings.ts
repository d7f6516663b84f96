import { nothing, type Reading, type Units } from './reading.ts';
import { directions, type GatheredUnits, wholeOf } from './units.ts';

/**
 * Merges what two sources of one call say. Counters of streams are cumulative, so a later count replaces an earlier one
 * of the same unit and direction.
 *
 * If only one source tells a part from its whole ({@link wholeOf}), the part is subtracted from the other source's count
 * of the whole: Anthropic sends the lifetimes of cache writes when a message starts, and only their sum when it ends.
 *
 * @param earlier - Its id wins, because the first event of a stream has the id of the answer.
 * @returns `earlier` itself when the later source says nothing. Neither is changed.
 */
export function mergeReadings(earlier: Reading, later: Reading): Reading {
  if (later === nothing || later === earlier) return earlier;
  if (earlier === nothing) return later;
  const merged: { -readonly [Member in keyof Reading]: Reading[Member] } = { ...later, ...earlier };
  if (earlier.units && later.units) merged.units = mergeUnits(earlier.units, later.units);
  if (later.properties) merged.properties = { ...earlier.properties, ...later.properties };
  if (later.toolCalls) merged.toolCalls = [...(earlier.toolCalls ?? []), ...later.toolCalls];
  return merged;
}

function mergeUnits(earlier: Units, later: Units): Units {
  const merged: GatheredUnits = { ...earlier };
  for (const name in later) merged[name] = { ...earlier[name], ...later[name] };
  for (const part in wholeOf) {
    const whole = wholeOf[part];
    if (whole === undefined || !earlier[part] === !later[part]) continue;
    const teller = earlier[part] ? earlier : later;
    for (const direction of directions) {
      const source = later[whole]?.[direction] === undefined ? earlier : later;
      const sum = merged[whole]?.[direction];
      if (source === teller || sum === undefined) continue;
      const rest = Math.max(0, sum - (teller[part]?.[direction] ?? 0));
      // A whole that was all parts is no unit of its own; only `text` keeps its zeros.
      if (rest === 0 && whole !== 'text') delete merged[whole];
      else merged[whole] = { ...merged[whole], [direction]: rest };
    }
  }
  return merged;
}
