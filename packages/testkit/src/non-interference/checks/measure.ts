/** @returns The middle number, or the lower of the two middle numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Rounded to one decimal, for the report. */
export function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}
