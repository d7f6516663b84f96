const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { registerBedrockClientCallbacks } = require('@payi/bedrock');

const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'ConverseStream');
module.exports = { client };
