// Runs the conformance suite with the newest provider SDKs that npm has today inside the supported ranges, whatever the
// lockfile has. They are installed in a folder of their own, which is removed afterwards.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const ranges: Record<string, string> = {
  // The companion of @anthropic-ai/sdk; no package asks for it, so it has no range.
  '@anthropic-ai/bedrock-sdk': '*',
};
for (const name of ['bedrock', 'openai', 'anthropic']) {
  Object.assign(ranges, (await readManifest(join(root, 'packages', name))).peerDependencies);
}

const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-sdks-')));
try {
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: ranges }),
  );
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quiet], directory);
  const exports = [
    `export * as bedrock from '@aws-sdk/client-bedrock-runtime';`,
    `export { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';`,
    `export { Anthropic } from '@anthropic-ai/sdk';`,
    `export { AzureOpenAI, OpenAI } from 'openai';`,
  ];
  await writeFile(join(directory, 'sdks.js'), exports.join('\n'));
  for (const [name, range] of Object.entries(ranges)) {
    const { version } = await readManifest(join(directory, 'node_modules', name));
    console.log(`${name} ${version} (${range})`);
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  await run(process.execPath, [vitest, 'run', 'internal/conformance'], root, {
    PAYI_CONFORMANCE_SDKS: join(directory, 'sdks.js'),
  });
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** @throws when the command ends with anything but 0. What it prints is printed. */
async function run(command: string, parameters: string[], cwd: string, environment = {}): Promise<void> {
  const child = spawn(command, parameters, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`${command} ${parameters.join(' ')} ended with ${code}`);
}
