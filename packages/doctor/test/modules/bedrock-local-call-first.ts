import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

/** Its provider is a server on this machine, so that the call before registration arrives. */
export const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  endpoint: process.env.TEST_BEDROCK_URL as string,
  maxAttempts: 1,
});

const messages = [{ role: 'user' as const, content: [{ text: 'Are you there?' }] }];
await client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages })).catch(() => {});

registerBedrockClientCallbacks(client, 'Converse');
