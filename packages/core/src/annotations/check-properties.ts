import { InvalidAnnotationError } from '../errors.ts';
import type { Properties } from './annotations.ts';

/** No header holds more values: each takes two characters of JSON, and 8000 bytes of base64 hold 6000. */
const maximumCount = 3000;

/**
 * Refuses whatever JSON would drop or change: functions, symbols, `NaN`, bigints, class instances, cycles. The declared
 * type is text or `null`; numbers, booleans and nested plain data pass as they are, because Pay-i's own helper accepts
 * them.
 */
export function checkProperties(key: string, properties: unknown): asserts properties is Properties {
  if (!isPlainObject(properties)) throw wrongType(key, 'a plain object', properties);
  for (const name in properties) {
    const value = properties[name];
    if (typeof value !== 'string' && value !== null && value !== undefined) {
      checkNested(`${key}[${JSON.stringify(name)}]`, value);
    }
  }
}

/** Whether a value clears a field: `null`, and the empty text, list or record. */
export function isCleared(value: unknown): boolean {
  if (value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isPlainObject(value)) return false;
  for (const _ in value) return false;
  return true;
}

/** `JSON.stringify` throws at cycles. The count stops data that repeats one object many times over. */
function checkNested(path: string, value: unknown): void {
  let count = 0;
  const check = function (this: unknown, name: string, item: unknown): unknown {
    count += 1;
    // The member itself: `item` is what its `toJSON` returned.
    const given = name === '' && count === 1 ? value : (this as Record<string, unknown>)[name];
    if (count > maximumCount || !isData(given, Array.isArray(this))) throw new TypeError();
    return item;
  };
  try {
    JSON.stringify(value, check);
  } catch (cause) {
    throw new InvalidAnnotationError(path, 'must be text or null; nested data finite, plain and small', {
      cause,
    });
  }
}

/** In a list JSON turns `undefined` into `null`; in an object it leaves the member out, which is what absent means. */
function isData(value: unknown, isInList: boolean): boolean {
  if (value === undefined) return !isInList;
  if (typeof value === 'object') return value === null || Array.isArray(value) || isPlainObject(value);
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** Whether a value is a record made by `{}`, `JSON.parse` or `Object.create(null)`, in this realm or another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/** An error that names the type of a value and never shows the value. */
export function wrongType(key: string, wanted: string, value: unknown): InvalidAnnotationError {
  const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
  return new InvalidAnnotationError(key, `must be ${wanted}, got ${kind}`);
}
