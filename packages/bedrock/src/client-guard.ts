import { UnsupportedClientError } from '@payi/core';
import type { BedrockClient } from './smithy.ts';

/** @throws `UnsupportedClientError` when the object is not a Bedrock runtime client of the AWS SDK v3. */
export function assertBedrockClient(client: unknown): asserts client is BedrockClient {
  const candidate = client as Partial<BedrockClient> | null | undefined;
  const missing: string[] = [];
  if (typeof candidate?.middlewareStack?.add !== 'function') missing.push('middlewareStack.add');
  if (typeof candidate?.middlewareStack?.remove !== 'function') missing.push('middlewareStack.remove');
  if (typeof candidate?.config?.requestHandler?.handle !== 'function')
    missing.push('config.requestHandler.handle');
  if (candidate?.config?.serviceId !== 'Bedrock Runtime') missing.push("config.serviceId 'Bedrock Runtime'");
  if (missing.length > 0) {
    throw new UnsupportedClientError(
      '@payi/bedrock',
      missing,
      'a BedrockRuntimeClient or BedrockRuntime of @aws-sdk/client-bedrock-runtime 3.x',
    );
  }
}
