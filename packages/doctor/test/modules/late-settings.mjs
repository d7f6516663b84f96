import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

export const settings = {
  get config() {
    throw new Error('the settings are not read yet');
  },
};
export const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'Converse');
