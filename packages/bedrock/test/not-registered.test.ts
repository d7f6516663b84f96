import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** @returns What an application of its own process writes to the console. */
async function consoleOf(application: string): Promise<string> {
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', application],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, PAYI_API_KEY: 'key' } },
  );
  return stderr;
}

const load = `
  import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
  import { registerBedrockClientCallbacks } from '@payi/bedrock';
  import { createHeaders } from '@payi/core';
  const client = new BedrockRuntimeClient({ region: 'us-east-1' });
`;

describe('an application that makes headers and registers no client', () => {
  it('is told when it ends', async () => {
    const told = await consoleOf(`${load} createHeaders({ userId: 'u-1' });`);
    expect(told).toMatch(
      /^\[payi\] NOT_REGISTERED: .*registerBedrockClientCallbacks\(client, 'InvokeModel'\)/,
    );
    expect(told.match(/NOT_REGISTERED/g)).toHaveLength(1);
  });

  it('is told while it runs, once', async () => {
    const told = await consoleOf(`${load}
      for (let call = 0; call < 100; call += 1) createHeaders({ userId: 'u-' + call });
      console.error('still running');
    `);
    expect(told).toMatch(/NOT_REGISTERED[\s\S]*still running/);
    expect(told.match(/NOT_REGISTERED/g)).toHaveLength(1);
  });
});

it.each([
  [
    'registers first',
    "registerBedrockClientCallbacks(client, 'Converse'); createHeaders({ userId: 'u-1' });",
  ],
  [
    'registers later',
    "createHeaders({ userId: 'u-1' }); registerBedrockClientCallbacks(client, 'Converse');",
  ],
  ['makes no headers', ''],
  [
    'calls another provider',
    `import { OpenAI } from '../openai/node_modules/openai/index.mjs';
    import { withPayi } from '../openai/dist/index.js';
    withPayi(new OpenAI({ apiKey: 'key' }));
    createHeaders({ userId: 'u-1' });`,
  ],
  ['has defaults', "import { createPayi } from '@payi/core'; createPayi({ defaults: { userId: 'u-1' } });"],
])('says nothing to an application that %s', async (_, rest) => {
  expect(await consoleOf(load + rest)).toBe('');
});
