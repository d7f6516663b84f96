/**
 * @param share - `0.5` for the median. Between two figures it is in proportion, so that neither side is favoured.
 * @returns `NaN` of nothing.
 */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** @returns The median, with the first and the last decile beside it. */
export function summarize(figures: readonly number[], digits: number): string {
  const at = (share: number): string => quantile(figures, share).toFixed(digits);
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}
