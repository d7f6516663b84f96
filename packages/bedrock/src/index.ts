/**
 * Pay-i for clients of AWS Bedrock: those of the AWS SDK, and those that sign requests themselves. Importing it adds `extraHeaders` to the inputs of the operations that can be
 * registered.
 *
 * @module
 */
import { watchHeaders } from '@payi/core/adapter';

export { type PayiClientOptions, payiClientOptions } from './client-options.ts';
// Exported as a name so that the bundler of the declarations keeps the augmentation of the AWS SDK's input types.
export type { ExtraHeaders } from './extra-headers.ts';
export type { RequestMetadataAnnotation, RequestMetadataKeys } from './metadata-keys.ts';
export type { BedrockOperation } from './operations.ts';
export {
  type BedrockCallbackOptions,
  type BedrockClientLike,
  type BedrockRegistration,
  registerBedrockClientCallbacks,
  registeredOperations,
} from './register-callbacks.ts';

watchHeaders(
  "call registerBedrockClientCallbacks(client, 'InvokeModel'), or the AWS SDK ignores extraHeaders.",
);
