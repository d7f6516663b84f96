import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';

export default new BedrockRuntimeClient({ region: 'us-east-1' });
