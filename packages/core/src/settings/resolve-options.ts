import type { AttemptCallbacks, CallSettings } from '../call/callbacks.ts';
import { ConfigurationError } from '../errors.ts';
import { type AbandonPolicy, drainBounds, wantsEstimate } from './abandon.ts';
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
  /** As the caller passed them. Without `payi`, it is created from the environment. */
  readonly given: AdapterOptions;
  readonly callbacks: CallSettings;
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
  const { payi: wanted, onRequest, onResponse, onAbandon = 'close', ...rest } = options;
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
      "onAbandon must be 'close', 'drain' or an object of drainMs, drainEvents (numbers), estimate (boolean)",
    );
  }
  const payi = resolvePayi(wanted);
  reportUnknownOptions(caller, unknown, payi.report);
  return {
    payi,
    given: options,
    callbacks: {
      onRequest,
      onResponse,
      estimates: wantsEstimate(onAbandon) ? loadEstimates(payi) : undefined,
    },
    onAbandon,
  };
}

/** Few callers need it. */
function loadEstimates({ report }: ResolvedPayi): CallSettings['estimates'] {
  return import('../call/output-estimate.ts').catch((cause) => {
    report({ code: 'INTERNAL_FAULT', message: 'output cannot be estimated', cause });
    return undefined;
  });
}

/** Whether a second registration has the same options. Options that it leaves out match any. */
export function agreesWith(
  { payi, callbacks, onAbandon }: Pick<AdapterSettings, 'payi' | 'callbacks' | 'onAbandon'>,
  { given, payi: added }: AdapterSettings,
): boolean {
  const wanted = (policy: AbandonPolicy): string =>
    JSON.stringify([drainBounds(policy), wantsEstimate(policy)]);
  return (
    (given.payi === undefined || added === payi) &&
    (given.onRequest ?? callbacks.onRequest) === callbacks.onRequest &&
    (given.onResponse ?? callbacks.onResponse) === callbacks.onResponse &&
    wanted(given.onAbandon ?? onAbandon) === wanted(onAbandon)
  );
}

const terms: Readonly<Record<string, string>> = {
  drainMs: 'number',
  drainEvents: 'number',
  estimate: 'boolean',
};

/** Strict: with a misspelt bound the model would write to its end, at the caller's expense. */
function isAbandonPolicy(policy: unknown): boolean {
  if (policy === 'close' || policy === 'drain') return true;
  if (typeof policy !== 'object' || policy === null) return false;
  return Object.entries(policy).every(([name, value]) =>
    value === undefined ? name in terms : typeof value === terms[name] && value >= 0,
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
