import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';

const wait = 'setTimeout(() => {}, 600_000)';
const program = spawn(process.execPath, ['--eval', wait], { stdio: 'inherit', detached: true });
program.unref();
writeFileSync(process.env.TEST_PID_FILE, String(program.pid));
export const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'Converse');
