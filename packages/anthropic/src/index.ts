/**
 * Pay-i for clients of the Anthropic SDK, and for its clients of Amazon Bedrock, Vertex AI and Foundry.
 *
 * @module
 */

export type { AnthropicClient } from './client.ts';
export { type PayiClientOptions, payiClientOptions } from './client-options.ts';
export { type AnthropicPayiOptions, withPayi } from './with-payi.ts';
