/** JSON of a provider, not checked. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** @returns An empty record for a value without members. */
export function record(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null ? (value as JsonRecord) : {};
}

/** @returns `undefined` for a value that is not a whole number from 0 up. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A count without its parts; never below 0. `undefined` if the whole is not known. */
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
