import { nothing, type Reading, type Units } from './reading.ts';
import { directions, type GatheredUnits, wholeOf, without } from './units.ts';

/**
 * What two sources of one call say together; the counters of streams are cumulative, so later counts replace earlier
 * ones, per unit and direction.
 *
 * Where only one source tells a part from its whole ({@link wholeOf}), the other's count of the whole is taken without
 * that part: Anthropic sends the split of cache writes when a message starts, and their sum when it ends.
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
  const merged: GatheredUnits = { ...earlier };
  for (const name in later) merged[name] = { ...earlier[name], ...later[name] };
  for (const part in wholeOf) {
    const whole = wholeOf[part];
    if (whole === undefined || !earlier[part] === !later[part]) continue;
    const teller = earlier[part] ? earlier : later;
    for (const direction of directions) {
      const source = later[whole]?.[direction] === undefined ? earlier : later;
      if (source === teller) continue;
      const rest = without(merged[whole]?.[direction], teller[part]?.[direction]);
      // What is left of nothing but parts is no unit, as in `addUnit()`.
      if (rest === 0 && whole !== 'text') delete merged[whole];
      else if (rest !== undefined) merged[whole] = { ...merged[whole], [direction]: rest };
    }
  }
  return merged;
}
