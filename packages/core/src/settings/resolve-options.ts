import type { AttemptCallbacks } from '../call/callbacks.ts';
import { ConfigurationError } from '../errors.ts';
import type { AbandonPolicy } from './abandon.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import type { Payi } from './payi.ts';
import type { PayiOptions } from './payi-options.ts';
import { type ResolvedPayi, resolvePayi } from './resolved-payi.ts';

/** Options that all adapters share. Unknown members are reported as diagnostic `UNKNOWN_OPTION`. */
export interface AdapterOptions extends AttemptCallbacks {
  /**
   * How calls reach Pay-i.
   *
   * @default `createPayi()`: route `proxy`, key and base URL from the environment
   */
  readonly payi?: Payi | undefined;
  /**
   * What happens to a stream when its reader leaves before the end, see {@link AbandonPolicy}. Under every policy, a reader
   * who leaves after the model has stopped loses no counts: the rest is read in the background for up to a second.
   *
   * @default 'close'
   */
  readonly onAbandon?: AbandonPolicy | undefined;
}

/** Resolved {@link AdapterOptions}. */
export interface AdapterSettings {
  readonly payi: ResolvedPayi;
  /** Whether the caller passed `payi`. Otherwise it is created from the environment. */
  readonly payiGiven: boolean;
  readonly callbacks: AttemptCallbacks;
  readonly onAbandon: AbandonPolicy;
}

/**
 * Reads the options of an adapter's function. Unknown options are reported (`UNKNOWN_OPTION`). Options of `createPayi()`,
 * or a `Payi` in place of options, throw: ignoring them would change the route.
 *
 * @param caller - The name of the adapter's function, for messages.
 * @param others - Names of options that only this function knows.
 * @throws `ConfigurationError` an option is malformed or in the wrong place.
 */
export function resolveOptions(
  caller: string,
  options: AdapterOptions,
  others: readonly string[] = [],
): AdapterSettings {
  checkObject(`what ${caller} takes besides the client`, options);
  const { payi: given, onRequest, onResponse, onAbandon = 'close', ...rest } = options;
  const unknown = Object.keys(rest).filter((name) => !others.includes(name));
  for (const name of unknown) {
    if (payiOptionNames.includes(name)) {
      throw new ConfigurationError(
        `${name} is an option of createPayi(): give ${caller} what that returned, as { payi }`,
      );
    }
  }
  checkFunction('onRequest', onRequest);
  checkFunction('onResponse', onResponse);
  if (!isAbandonPolicy(onAbandon)) {
    throw new ConfigurationError(
      "onAbandon must be 'close', 'drain' or an object of drainMs and drainEvents (numbers)",
    );
  }
  const payi = resolvePayi(given);
  reportUnknownOptions(caller, unknown, payi.report);
  return { payi, payiGiven: given !== undefined, callbacks: { onRequest, onResponse }, onAbandon };
}

/** Whether a second registration has the same `payi` and callbacks. Options that it leaves out match any. */
export function agreesWith(
  inForce: Pick<AdapterSettings, 'payi' | 'callbacks'>,
  added: AdapterSettings,
): boolean {
  if (added.payiGiven && added.payi !== inForce.payi) return false;
  return (['onRequest', 'onResponse'] as const).every(
    (name) => (added.callbacks[name] ?? inForce.callbacks[name]) === inForce.callbacks[name],
  );
}

/** Strict: with a misspelt bound the model would write to its end, at the caller's expense. */
function isAbandonPolicy(policy: unknown): boolean {
  if (policy === 'close' || policy === 'drain') return true;
  if (typeof policy !== 'object' || policy === null) return false;
  return Object.entries(policy).every(
    ([name, bound]) =>
      (name === 'drainMs' || name === 'drainEvents') &&
      (bound === undefined || (typeof bound === 'number' && bound >= 0)),
  );
}

export const payiOptionNames: readonly string[] = [
  'route',
  'apiKey',
  'baseUrl',
  'defaults',
  'invalidAnnotations',
  'onReceipt',
  'plugins',
  'require',
  'onMissing',
  'onDiagnostic',
  'enabled',
  'onUnavailable',
  'capture',
  'delivery',
] satisfies (keyof PayiOptions)[];

/** @throws {@link ConfigurationError} the options are not an object but, say, a key, `null` or a list. */
export function checkObject(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${name} must be an object of options`);
  }
}

/** @throws {@link ConfigurationError} a callback is not a function, so it would silently never run. */
export function checkFunction(name: string, hook: unknown): void {
  if (hook !== undefined && hook !== null && typeof hook !== 'function') {
    throw new ConfigurationError(`${name} must be a function`);
  }
}

/** Reports options that a function does not know. */
export function reportUnknownOptions(caller: string, names: readonly string[], report: OnDiagnostic): void {
  for (const name of names) {
    report({
      code: 'UNKNOWN_OPTION',
      message: `${caller} does not know the option ${JSON.stringify(name)}`,
    });
  }
}
