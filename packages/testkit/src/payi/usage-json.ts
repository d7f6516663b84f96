/** A provider's JSON, of which nothing is known yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** @returns An empty record for anything that has no members. */
export function record(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null ? (value as JsonRecord) : {};
}

/** @returns `undefined` for what is not a whole number, or is negative: it is not a count. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A count without those of its parts; never below 0. `undefined` when the whole is not known. */
export function without(whole: unknown, ...parts: readonly unknown[]): number | undefined {
  const known = count(whole);
  if (known === undefined) return undefined;
  return parts.reduce<number>((rest, part) => Math.max(0, rest - (count(part) ?? 0)), known);
}

/** Leaves out the counters that are not known. */
export function defined<T extends Record<string, number | undefined>>(
  counters: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(counters).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
