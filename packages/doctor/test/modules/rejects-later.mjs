import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

console.log('noise on stdout');
console.error('noise on stderr');
Promise.reject(new Error('nobody catches this'));
setInterval(() => {}, 1000);
export const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'Converse');
