/** @param share - `0.5` for the median. @returns `NaN` of nothing. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((left, right) => left - right);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

/** @returns The median, with the first and the last decile beside it. */
export function summarize(figures: readonly number[], digits: number): string {
  const at = (share: number): string => quantile(figures, share).toFixed(digits);
  return `${at(0.5)} (${at(0.1)} to ${at(0.9)})`;
}
