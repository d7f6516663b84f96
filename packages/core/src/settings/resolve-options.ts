import type { AttemptCallbacks } from '../call/callbacks.ts';
import { ConfigurationError } from '../errors.ts';
import type { AbandonPolicy } from './abandon.ts';
import { checkFunction, checkObject } from './check-options.ts';
import { reportUnknownOptions } from './diagnostics.ts';
import { payiOptionNames } from './make-payi.ts';
import type { Payi } from './payi.ts';
import { resolvePayi } from './resolve-payi.ts';
import type { ResolvedPayi } from './resolved-payi.ts';

/** What the functions of all adapters take. */
export interface AdapterOptions extends AttemptCallbacks {
  readonly payi?: Payi | undefined;
  readonly onAbandon?: AbandonPolicy | undefined;
}

/** What an adapter works with. */
export interface AdapterSettings {
  readonly payi: ResolvedPayi;
  /** Whether the caller chose `payi`, or it was made from the environment. */
  readonly payiGiven: boolean;
  readonly callbacks: AttemptCallbacks;
  readonly onAbandon: AbandonPolicy;
}

/**
 * Reads the options of an adapter's function. One that is none is diagnostic `UNKNOWN_OPTION`, save for those of
 * `createPayi()`, and for what that returned: without them calls would take another way than the caller believes.
 *
 * @param caller - The function that was given them, for messages.
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
    if (payiOptionNames.has(name)) {
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

/** Whether options that are given to a client which has Pay-i already change nothing: those left out agree with any. */
export function agreesWith(
  inForce: Pick<AdapterSettings, 'payi' | 'callbacks'>,
  added: AdapterSettings,
): boolean {
  return (
    (!added.payiGiven || added.payi === inForce.payi) &&
    (added.callbacks.onRequest ?? inForce.callbacks.onRequest) === inForce.callbacks.onRequest &&
    (added.callbacks.onResponse ?? inForce.callbacks.onResponse) === inForce.callbacks.onResponse
  );
}

/** A misspelt bound would be none: the model would write to its end, at the caller's expense. */
function isAbandonPolicy(policy: unknown): boolean {
  if (policy === 'close' || policy === 'drain') return true;
  if (typeof policy !== 'object' || policy === null) return false;
  return Object.entries(policy).every(
    ([name, bound]) =>
      (name === 'drainMs' || name === 'drainEvents') &&
      (bound === undefined || (typeof bound === 'number' && bound >= 0)),
  );
}
