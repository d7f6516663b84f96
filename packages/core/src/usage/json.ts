/** An object of a provider's JSON, of which nothing is known. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const empty: JsonRecord = Object.freeze({});

/** The value as an object whose members may be read; an empty one for everything else, `null` included. */
export function record(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null ? (value as JsonRecord) : empty;
}

/** The value as a list of objects; an empty one for everything that is no list. */
export function records(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** Is there text, however little? */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The value if it is a count: a whole number from 0 that a double holds exactly. `null`, text and fractions are not. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
