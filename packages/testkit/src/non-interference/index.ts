/**
 * Compares an instrumented client with a bare client: answers, errors, streams, time and memory.
 *
 * @module
 */
export { checkNonInterference } from './check-non-interference.ts';
export { formatReport } from './format-report.ts';
export type { Instrument, NonInterferenceOptions } from './options.ts';
export type { CheckName, NonInterferenceCheck, NonInterferenceReport, Protocol } from './report.ts';
