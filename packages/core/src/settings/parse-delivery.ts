import { ConfigurationError } from '../errors.ts';
import type { DeliveryOptions, HostMapping } from './delivery-options.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import { checkObject, reportUnknownOptions } from './resolve-options.ts';
import type { Store } from './store.ts';

/** The options that were given. */
export type ParsedDelivery = {
  readonly [Name in keyof DeliveryOptions]: NonNullable<DeliveryOptions[Name]>;
};

/** What an option must be, and its check. */
type Rule = readonly [form: string, isValid: (value: unknown) => boolean];

// Not made by a function, so that a bundle without `createPayi()` leaves them out.
const fromZero: Rule = ['a number from 0 up', (value) => typeof value === 'number' && value >= 0];
const fromOne: Rule = ['a number from 1 up', (value) => typeof value === 'number' && value >= 1];
const list: Rule = ['a list of objects', isListOfObjects];
const hook: Rule = ['a function', (value) => typeof value === 'function'];

/** The minimums are the least that works: with less, every event would be lost. */
const rules: Readonly<Record<keyof DeliveryOptions, Rule>> = {
  maxQueuedEvents: fromOne,
  maxQueuedBytes: fromOne,
  maxBatch: fromOne,
  intervalMs: fromZero,
  maxAgeMs: fromOne,
  timeoutMs: fromOne,
  minRetryMs: fromZero,
  maxRetryMs: fromZero,
  results: ["'wanted' or 'never'", (value) => value === 'wanted' || value === 'never'],
  waitUntil: hook,
  journal: ['what openJournal() returned', (value) => typeof (value as Store).recover === 'function'],
  offline: hook,
  modelMappings: list,
  hostMappings: [
    "a list of objects, whose priceAs is 'asked' or 'answered'",
    (value) =>
      isListOfObjects(value) &&
      value.every(({ priceAs = 'asked' }: Partial<HostMapping>) => /^(?:asked|answered)$/.test(priceAs)),
  ],
};

/**
 * Checks options whose faults would otherwise show only after a call, as a diagnostic: `NaN` from an absent variable, a
 * path in place of a journal.
 *
 * @returns A copy without `null` members, which count as absent.
 * @throws {@link ConfigurationError} an option is malformed.
 */
export function parseDelivery(delivery: unknown, report: OnDiagnostic): ParsedDelivery {
  checkObject('delivery', delivery);
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(delivery as object)) {
    if (value === undefined || value === null) continue;
    options[name] = value;
    if (!Object.hasOwn(rules, name)) {
      reportUnknownOptions('createPayi()', [`delivery.${name}`], report);
      continue;
    }
    const [form, isValid] = rules[name as keyof DeliveryOptions];
    if (!isValid(value)) throw new ConfigurationError(`delivery.${name} must be ${form}`);
  }
  return options;
}

function isListOfObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
}
