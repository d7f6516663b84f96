import { directions, type GatheredUnits, type Units, wholeOf } from './reading.ts';

/** What is counted, and who counted it: `body`, `response-headers` … */
export interface CountedBy {
  readonly source: string;
  readonly units: Units;
}

/**
 * Counters on which two sources disagree, in words for the warnings of a receipt.
 *
 * Only counters that both have are compared. A unit that one side does not tell from its whole (`wholeOf`) is added
 * to the whole first: 20 tokens cached for 5 minutes and 80 for an hour agree with 100 tokens cached.
 *
 * @returns `text.input: body 12, response-headers 14`, for example. No content, only names and numbers.
 */
export function disagreements(a: CountedBy, b: CountedBy): string[] {
  const left = foldUnknownParts(a.units, b.units);
  const right = foldUnknownParts(b.units, a.units);
  const found: string[] = [];
  for (const name in left) {
    for (const direction of directions) {
      const ours = left[name]?.[direction];
      const theirs = right[name]?.[direction];
      if (ours === undefined || theirs === undefined || ours === theirs) continue;
      found.push(`${name}.${direction}: ${a.source} ${ours}, ${b.source} ${theirs}`);
    }
  }
  return found;
}

/** Adds each part that the other side lacks to its whole. */
function foldUnknownParts(units: Units, others: Units): Units {
  const folded: GatheredUnits = {};
  for (const name in units) {
    const target = (others[name] ? undefined : wholeOf[name]) ?? name;
    const counts = folded[target] ?? {};
    folded[target] = counts;
    for (const direction of directions) {
      const tokens = units[name]?.[direction];
      if (tokens !== undefined) counts[direction] = (counts[direction] ?? 0) + tokens;
    }
  }
  return folded;
}
