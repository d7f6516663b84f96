import type { Units } from './reading.ts';
import { directions, type GatheredUnits, wholeOf } from './units.ts';

/** What is counted, and who counted it: `body`, `response-headers` … */
export interface CountedBy {
  readonly source: string;
  readonly units: Units;
}

/**
 * Counters on which two sources do not agree, in words for a receipt's warnings.
 *
 * Only counters that both know are compared. A unit that one side does not tell from its whole ({@link wholeOf}) is
 * added to the whole first: 20 tokens cached for 5 minutes and 80 for an hour agree with 100 tokens cached.
 *
 * @returns Such as `text.input: body 12, response-headers 14`. No content, only names and numbers.
 */
export function disagreements(a: CountedBy, b: CountedBy): string[] {
  const left = foldUnknownParts(a.units, b.units);
  const right = foldUnknownParts(b.units, a.units);
  return Object.keys(left).flatMap((name) =>
    directions.flatMap((direction) => {
      const [ours, theirs] = [left[name]?.[direction], right[name]?.[direction]];
      if (ours === undefined || theirs === undefined || ours === theirs) return [];
      return [`${name}.${direction}: ${a.source} ${ours}, ${b.source} ${theirs}`];
    }),
  );
}

/** Adds to its whole every part that the other side does not know by name. */
function foldUnknownParts(units: Units, others: Units): Units {
  const folded: GatheredUnits = {};
  for (const [name, counts] of Object.entries(units)) {
    const whole = others[name] ? undefined : wholeOf[name];
    const target = folded[whole ?? name] ?? {};
    folded[whole ?? name] = target;
    for (const direction of directions) {
      const known = counts[direction];
      if (known !== undefined) target[direction] = (target[direction] ?? 0) + known;
    }
  }
  return folded;
}
