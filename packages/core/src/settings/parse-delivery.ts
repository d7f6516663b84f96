import { ConfigurationError } from '../errors.ts';
import { checkFunction, checkObject, isListOfObjects } from './check-options.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { type OnDiagnostic, reportUnknownOptions } from './diagnostics.ts';
import type { Store } from './store.ts';

/** The options that were given. */
export type ParsedDelivery = {
  readonly [Name in keyof DeliveryOptions]: NonNullable<DeliveryOptions[Name]>;
};

/** The smallest values that work: with less time or space every event would be lost. */
const least: Readonly<Record<string, number>> = {
  maxQueuedEvents: 1,
  maxQueuedBytes: 1,
  maxBatch: 1,
  intervalMs: 0,
  maxAgeMs: 1,
  timeoutMs: 1,
  minRetryMs: 0,
  maxRetryMs: 0,
};

/**
 * Checks options whose faults would otherwise show only after a call, as a diagnostic: `NaN` from an absent variable, a
 * path in place of a journal.
 *
 * @returns A copy without `null` members, which count as absent.
 * @throws {@link ConfigurationError} an option is malformed.
 */
export function parseDelivery(delivery: unknown, report: OnDiagnostic): ParsedDelivery {
  const options: Record<string, unknown> = {};
  checkObject('delivery', delivery);
  for (const [name, value] of Object.entries(delivery as object)) {
    if (value === undefined || value === null) continue;
    options[name] = value;
    const smallest = least[name];
    if (smallest !== undefined) {
      if (typeof value !== 'number' || !(value >= smallest)) {
        throw new ConfigurationError(`delivery.${name} must be a number from ${smallest} up`);
      }
    } else if (name === 'journal') {
      if (typeof (value as Partial<Store>).recover !== 'function') {
        throw new ConfigurationError('delivery.journal must be what openJournal() returned');
      }
    } else if (name === 'results') {
      if (value !== 'wanted' && value !== 'never') {
        throw new ConfigurationError("delivery.results must be 'wanted' or 'never'");
      }
    } else if (name === 'modelMappings' || name === 'hostMappings') {
      if (!isListOfObjects(value)) throw new ConfigurationError(`delivery.${name} must be a list of objects`);
    } else if (name === 'waitUntil' || name === 'offline') checkFunction(`delivery.${name}`, value);
    else reportUnknownOptions('createPayi()', [`delivery.${name}`], report);
  }
  return options;
}
