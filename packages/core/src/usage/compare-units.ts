import {
  addUnits,
  type CountedBy,
  type Counts,
  directions,
  type GatheredUnits,
  mergeUnits,
  type OtherCounts,
  type Units,
  wholeOf,
} from './reading.ts';

/** Counts by somebody else than the model: the metrics of Bedrock, its response headers. */
export function otherCounts(source: string, units: Units): OtherCounts {
  return { source, units, complete };
}

function complete(this: CountedBy, own: CountedBy): ReturnType<OtherCounts['complete']> {
  return { units: mergeUnits(this.units, own.units), differences: disagreements(own, this) };
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

/** Adds each part that the other side lacks to its whole. Most answers have none. */
function foldUnknownParts(units: Units, others: Units): Units {
  let hasPart = false;
  for (const name in units) hasPart ||= wholeOf[name] !== undefined && !others[name];
  if (!hasPart) return units;
  const folded: GatheredUnits = {};
  for (const name in units) {
    const target = (others[name] ? undefined : wholeOf[name]) ?? name;
    addUnits(folded, { [target]: units[name] as Counts });
  }
  return folded;
}
