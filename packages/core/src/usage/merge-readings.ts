import { nothing, type Reading, type Units } from './reading.ts';
import { countIn, type GatheredUnits, takePart, wholeOf } from './units.ts';

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
  const merged: GatheredUnits = {};
  for (const name in earlier) merged[name] = { ...earlier[name] };
  for (const name in later) merged[name] = { ...merged[name], ...later[name] };
  for (const part in wholeOf) {
    if (!earlier[part] === !later[part]) continue;
    const whole = wholeOf[part] as string;
    const teller = earlier[part] ? earlier : later;
    for (const isInput of [true, false]) {
      const source = countIn(later[whole], isInput) === undefined ? earlier : later;
      if (source !== teller) takePart(merged, whole, isInput, countIn(teller[part], isInput) ?? 0);
    }
  }
  return merged;
}
