import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

export const client = new BedrockRuntimeClient({ region: 'us-east-1' });

/** Called somewhere else, at some time. */
export function prepare(): void {
  registerBedrockClientCallbacks(client, 'Converse');
}
