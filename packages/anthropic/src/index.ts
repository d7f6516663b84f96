export type { AnthropicClient } from './sdk.ts';
export { type AnthropicPayiOptions, withPayi } from './with-payi.ts';
