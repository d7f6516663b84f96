/**
 * Pay-i for clients of the OpenAI SDK, Azure OpenAI included.
 *
 * @module
 */
export { type PayiClientOptions, payiClientOptions, type WithPayiOptions, withPayi } from './with-payi.ts';
