import { InvalidAnnotationError } from './errors.ts';

const maximumDepth = 16;
/** More than fit into a header: every value takes two characters of JSON, and 8000 bytes of base64 hold 6000. */
const maximumCount = 3000;

/**
 * Refuses whatever JSON would drop or change on the way: functions, symbols, `NaN`, bigints, class instances, cycles.
 * The declared type is text or `null`; numbers, booleans and nested plain data are let through as they are, because
 * Pay-i's own helper does the same.
 */
export function checkProperties(key: string, properties: unknown): asserts properties is object {
  if (!isPlainObject(properties)) {
    throw new InvalidAnnotationError(key, `must be a plain object, got ${typeName(properties)}`);
  }
  const count = { left: maximumCount };
  for (const name of Object.keys(properties)) {
    const value = properties[name];
    if (typeof value === 'string' || value === null || value === undefined) continue;
    checkNested(member(key, name), value, 1, count);
  }
}

/** The count stops data that repeats one object many times over: small to hold, endless to write down. */
function checkNested(path: string, value: unknown, depth: number, count: { left: number }): void {
  count.left -= 1;
  if (count.left < 0) throw new InvalidAnnotationError(path, `is one of more than ${maximumCount} values`);
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean')
    return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new InvalidAnnotationError(path, 'must be a finite number');
  }
  if (depth > maximumDepth) {
    throw new InvalidAnnotationError(path, `is nested deeper than ${maximumDepth} levels`);
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      // In a list JSON turns `undefined` into `null`; in an object it leaves the member out, as absent means.
      if (item === undefined) throw new InvalidAnnotationError(`${path}[${index}]`, 'must not be undefined');
      checkNested(`${path}[${index}]`, item, depth + 1, count);
    }
  } else if (isPlainObject(value)) {
    for (const name of Object.keys(value)) checkNested(member(path, name), value[name], depth + 1, count);
  } else {
    throw new InvalidAnnotationError(path, `must be text or null, got ${typeName(value)}`);
  }
}

function member(path: string, name: string): string {
  return `${path}[${JSON.stringify(name)}]`;
}

/** A record made by `{}`, by `JSON.parse` or by `Object.create(null)`, in this realm or another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/** What a value is, for messages that must not show it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return typeof value;
  return isPlainObject(value) ? 'an object' : 'an instance of a class';
}
