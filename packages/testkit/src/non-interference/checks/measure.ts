/** @returns The middle one; of an even number, the lower of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** With one decimal, for people. */
export function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}
