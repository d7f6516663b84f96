/**
 * Pay-i for clients of the Google Gen AI SDK, for the Gemini API and Vertex AI.
 *
 * @module
 */
export { type PayiClientOptions, payiClientOptions } from './client-options.ts';
export { type WithPayiOptions, withPayi } from './with-payi.ts';
