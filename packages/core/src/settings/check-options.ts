import { ConfigurationError } from '../errors.ts';
import type { PayiOptions } from './payi-options.ts';

export const payiOptionNames: readonly string[] = [
  'route',
  'apiKey',
  'baseUrl',
  'defaults',
  'onReceipt',
  'onDiagnostic',
  'capture',
  'delivery',
] satisfies (keyof PayiOptions)[];

/** @throws {@link ConfigurationError} the options are not an object but, say, a key, `null` or a list. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${name} must be an object of options`);
  }
}

/** @throws {@link ConfigurationError} a hook is not a function, and would silently never run. */
export function checkFunction(name: string, hook: unknown): void {
  if (hook !== undefined && hook !== null && typeof hook !== 'function') {
    throw new ConfigurationError(`${name} must be a function`);
  }
}

export function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
}
