export { type PayiClientOptions, payiClientOptions, type WithPayiOptions, withPayi } from './with-payi.ts';
