/** An object of a provider's JSON. Its members are unknown. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const empty: JsonRecord = Object.freeze({});

/** Whether the value is an object or a list, so that its members may be read. */
export function isObject(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null;
}

/** A member of anything; `undefined` where there is none, or reading it throws. */
export function member(value: unknown, name: string): unknown {
  try {
    return isObject(value) ? value[name] : undefined;
  } catch {
    return undefined;
  }
}

/** The value, if its members may be read; else an empty object. */
export function record(value: unknown): JsonRecord {
  return isObject(value) ? value : empty;
}

/** The members of a list as objects; an empty list for any other value. */
export function records(value: unknown): readonly JsonRecord[] {
  const list: JsonRecord[] = [];
  if (Array.isArray(value)) for (const member of value as unknown[]) list.push(record(member));
  return list;
}

/** The value of a JSON text; `undefined` if it is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether the value is text, and not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The value, if it is text and not empty. */
export function text(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

/** The value, if it is a count: a whole number from 0 that a double holds exactly. `null`, text and fractions are not. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A copy without members that are `undefined`. */
export function known<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const copy: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) copy[name] = value as Exclude<T[typeof name], undefined>;
  }
  return copy;
}

/** The object or list, unless it is empty. */
export function filled<T extends object>(members: T): T | undefined {
  for (const _ in members) return members;
  return undefined;
}
