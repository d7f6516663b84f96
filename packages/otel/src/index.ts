/**
 * Spans and metrics of GenAI calls, with the user's own OpenTelemetry.
 *
 * @module
 */
export type { Conventions } from './conventions.ts';
export { type OtelOptions, otel } from './otel.ts';
