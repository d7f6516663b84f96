import { createHash } from 'node:crypto';

/** Members that always differ from call to call. */
const alwaysVolatile: readonly PropertyKey[] = ['requestId', 'totalRetryDelay', 'stack'];

/** The parts that are left out of a description because they differ from call to call. */
export interface Comparable {
  comparableBytes?: (bytes: Uint8Array) => Uint8Array;
  /** Only the types of these members are described. */
  volatileMembers?: readonly string[];
}

/** Bytes beyond this length are described by their hash. */
const maxSpelledBytes = 32;

/** A description of a value in lines of text, one for each fact that a program can notice. */
export type Facts = string[];

/**
 * Describes everything that a program can notice about a value: prototype chains, own keys in their order, whether it
 * can be changed, and all members. Streams are not read.
 *
 * @param path - The name of the value in the lines.
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
