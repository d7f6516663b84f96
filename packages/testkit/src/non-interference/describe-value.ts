import { createHash } from 'node:crypto';

/** What differs from call to call by its nature. */
const alwaysVolatile: readonly PropertyKey[] = ['requestId', 'totalRetryDelay', 'stack'];

/** What is left out of a description because it differs from call to call. */
export interface Comparable {
  comparableBytes?: (bytes: Uint8Array) => Uint8Array;
  /** Of these members only the type is told. */
  volatileMembers?: readonly string[];
}

/** The longest run of bytes to spell out. */
const maxSpelledBytes = 32;

/** A value in lines of text, one for each fact that a program could notice. */
export type Facts = string[];

/**
 * Describes a value as far as a program can tell one from another: prototype chains, own keys in their order, whether
 * it can be changed, and all members. Of streams only what can be seen without reading them.
 *
 * @param path - What the value is called in the lines.
 */
export function describeValue(
  value: unknown,
  path: string,
  { comparableBytes = (bytes) => bytes, volatileMembers = [] }: Comparable = {},
): Facts {
  const isVolatile = new Set([...alwaysVolatile, ...volatileMembers]);
  const seen = new Set<object>();
  const visit = (current: unknown, at: string): Facts => {
    if (typeof current === 'function') return [`${at}: a function`];
    if (typeof current !== 'object' || current === null) return [`${at}: ${printed(current)}`];
    if (seen.has(current)) return [`${at}: seen before`];
    seen.add(current);
    if (current instanceof Uint8Array) return [`${at}: ${chain(current)} ${spell(comparableBytes(current))}`];
    if (current instanceof Date) return [`${at}: ${current.toISOString()}`];
    const keys = Reflect.ownKeys(current);
    const kind = Symbol.asyncIterator in current ? ', can be iterated' : '';
    const changeable = Object.isExtensible(current) ? '' : ', cannot be extended';
    const facts = [`${at}: ${chain(current)}${kind}${changeable} {${keys.map(String).join(', ')}}`];
    if (kind !== '') return facts;
    for (const key of keys) {
      const member = `${at}.${String(key)}`;
      const descriptor = Object.getOwnPropertyDescriptor(current, key);
      const plain = descriptor?.enumerable === true && descriptor.writable === true;
      if (!plain)
        facts.push(
          `${member}: ${printed({ ...descriptor, value: undefined, get: undefined, set: undefined })}`,
        );
      const content: unknown = (current as Record<PropertyKey, unknown>)[key];
      if (isVolatile.has(key)) facts.push(`${member}: some ${typeof content}`);
      // The raw answer of an error holds sockets.
      else if (key === '$response')
        facts.push(`${member}: status ${(content as { statusCode?: number })?.statusCode}`);
      else facts.push(...visit(content, member));
    }
    return facts;
  };
  return visit(value, path);
}

/** The names of the classes that an object is an instance of, from its own to `Object`. */
function chain(value: object): string {
  const names: string[] = [];
  let prototype: unknown = Object.getPrototypeOf(value);
  while (typeof prototype === 'object' && prototype !== null) {
    names.push((prototype as { constructor?: { name?: string } }).constructor?.name ?? '?');
    prototype = Object.getPrototypeOf(prototype);
  }
  return names.join(' < ');
}

function spell(bytes: Uint8Array): string {
  if (bytes.length <= maxSpelledBytes)
    return `of ${bytes.length} bytes ${Buffer.from(bytes).toString('hex')}`;
  return `of ${bytes.length} bytes with SHA-256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

function printed(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'symbol'
    ? String(value)
    : (JSON.stringify(value) ?? 'undefined');
}
