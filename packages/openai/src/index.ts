/**
 * Pay-i for clients of the OpenAI SDK, Azure OpenAI included.
 *
 * @module
 */
export { type PayiClientOptions, payiClientOptions } from './client-options.ts';
export { type WithPayiOptions, withPayi } from './with-payi.ts';
