import { createRequire } from 'node:module';
import { createPayi } from '@payi/core';

const require = createRequire(import.meta.url);
const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { registerBedrockClientCallbacks } = require('@payi/bedrock');

export default function makeClient() {
  const client = new BedrockRuntimeClient({ region: 'us-east-1' });
  registerBedrockClientCallbacks(client, 'Converse', { payi: createPayi() });
  return client;
}
