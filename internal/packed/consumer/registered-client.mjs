// A module for payi-doctor to look at.
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

export const client = new BedrockRuntimeClient();
registerBedrockClientCallbacks(client, 'Converse');
