import { spawn } from 'node:child_process';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

const wait = 'setTimeout(() => {}, 90_000)';
spawn(process.execPath, ['--eval', wait], { stdio: 'inherit', detached: true }).unref();
export const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'Converse');
