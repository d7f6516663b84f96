type Data = Readonly<Record<string, unknown>>;

/** Members whose own members are names that people gave. They stay as they are. */
const bags: ReadonlySet<string> = new Set(['properties', 'units', 'limits']);

/** `limitName` → `limit_name`, at every level. Members that are `undefined` are left out. */
export function toWire(value: unknown): unknown {
  return rename(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** `limit_name` → `limitName`, at every level. */
export function fromWire(value: unknown): unknown {
  return rename(value, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function rename(value: unknown, nameOf: (name: string) => string, isBag = false): unknown {
  if (Array.isArray(value)) return value.map((member) => rename(member, nameOf));
  if (typeof value !== 'object' || value === null) return value;
  const renamed: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value as Data)) {
    if (member === undefined) continue;
    renamed[isBag ? name : nameOf(name)] = rename(member, nameOf, bags.has(name));
  }
  return renamed;
}
