import { ConfigurationError } from '../errors.ts';

/** @throws {@link ConfigurationError} options are no object: a key, `null`, a list. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${name} must be an object of options`);
  }
}

/** @throws {@link ConfigurationError} a hook that is given is no function: it would never run, and nobody would know. */
export function checkFunction(name: string, hook: unknown): void {
  if (hook !== undefined && hook !== null && typeof hook !== 'function') {
    throw new ConfigurationError(`${name} must be a function`);
  }
}

export function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
}
