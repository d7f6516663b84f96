// Runs the conformance suite with other provider SDKs than those of the lockfile. They are installed in a folder of
// their own, which is removed afterwards.
//
//   run-with-other-sdks.ts newest   what npm has today inside the supported ranges
//   run-with-other-sdks.ts trees    clients of Bedrock with all that npm would have installed with them on a day: what a
//                                   lock file of that day holds. An old client installed today gets the newest transport
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const client = '@aws-sdk/client-bedrock-runtime';

const differential = [
  'internal/conformance/test/differential-bedrock.slow.test.ts',
  '-t',
  // One whole answer and one stream, over every handler of Node.js: the rest differs in names alone. Over `fetch`, trees of
  // 2025 lose an abort now and then, with and without Pay-i: a garbage collection takes the signal of their `Request`.
  'Bedrock (InvokeModel|ConverseStream) (?!.*(signed|over fetch))|handler',
];
const all = [
  ...differential,
  ...['routes', 'streams', 'receipts'].map((name) => `internal/conformance/test/${name}.test.ts`),
];

/** Days before and after the AWS SDK changed its transport. npm knows the days of releases since December 2024. */
const trees = {
  '2025-05-15': { meaning: 'the last default handler that speaks HTTP/1.1', tests: all },
  // Where the SDK loses the end of an answer, most facts about answers do not hold with or without us.
  '2025-07-01': {
    meaning: 'HTTP/2 that cuts answers and knows no time limit of a call',
    tests: differential,
  },
  '2026-03-01': { meaning: 'HTTP/2 that cuts answers', tests: differential },
  '2026-10-15': { meaning: 'the last that tells middleware nothing of an abort signal', tests: all },
};

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** What a run installs, and what it tests. */
interface Run {
  readonly ranges: Readonly<Record<string, string>>;
  readonly before?: string;
  readonly tests: readonly string[];
}

const [, , what = ''] = process.argv;
if (what === 'newest') {
  const ranges: Record<string, string> = {
    // The companion of @anthropic-ai/sdk; no package asks for it, so it has no range.
    '@anthropic-ai/bedrock-sdk': '*',
  };
  for (const name of ['bedrock', 'openai', 'anthropic', 'google']) {
    Object.assign(ranges, (await readManifest(join(root, 'packages', name))).peerDependencies);
  }
  await runWith({ ranges, tests: ['internal/conformance'] });
} else if (what === 'trees') {
  for (const [before, { meaning, tests }] of Object.entries(trees)) {
    console.log(`\nAs of ${before}: ${meaning}`);
    await runWith({
      ranges: { [client]: '*' },
      before,
      tests,
    });
  }
} else {
  throw new Error(`"newest" or "trees", not ${JSON.stringify(what)}`);
}

async function runWith({ ranges, before, tests }: Run): Promise<void> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-sdks-')));
  try {
    const manifest = { private: true, type: 'module', dependencies: ranges };
    await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    const asOf = before === undefined ? [] : [`--before=${before}`];
    await run('npm', ['install', ...quiet, ...asOf], directory);
    for (const [name, range] of Object.entries(ranges)) {
      const { version } = await readManifest(join(directory, 'node_modules', name));
      console.log(`${name} ${version} (${range})`);
    }
    // What is not installed there comes from here.
    const from = (name: string): string => (name in ranges ? name : fileURLToPath(import.meta.resolve(name)));
    const exports = Object.entries({
      [client]: '* as bedrock',
      '@anthropic-ai/bedrock-sdk': '{ AnthropicBedrock, AnthropicBedrockMantle }',
      '@anthropic-ai/sdk': '{ Anthropic }',
      openai: '{ AzureOpenAI, OpenAI }',
    }).map(([name, names]) => `export ${names} from ${JSON.stringify(from(name))};`);
    await writeFile(join(directory, 'sdks.js'), exports.join('\n'));
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const environment = { PAYI_CONFORMANCE_SDKS: join(directory, 'sdks.js') };
    await run(process.execPath, [vitest, 'run', ...tests], root, environment);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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
