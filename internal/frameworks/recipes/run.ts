// Compiles and runs the blocks of pages that need the frameworks installed here, as internal/docs does with all others:
// against local servers, with the packages as built.
//
//   run.ts           with the versions of the lock file
//   run.ts newest    with what npm has today, in a folder of its own, which is removed afterwards
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BlockToRun, blocksToRun } from '../../docs/src/block-runs.ts';
import { compileBlocks } from '../../docs/src/compile-blocks.ts';
import { startLocalServices } from '../../docs/src/local-services.ts';
import { readPages } from '../../docs/src/pages.ts';
import { isRecipe, recipesDirectory } from '../../docs/src/recipes.ts';
import { runBlock } from '../../docs/src/run-block.ts';
import { publishedPackages, root } from '../../release/src/published-packages.ts';

const geminiHere = new URL('./gemini-here.ts', import.meta.url).href;
const isNewest = process.argv[2] === 'newest';
const recipes = blocksToRun(readPages()).filter(({ block }) => isRecipe(block));
if (recipes.length === 0) throw new Error('no page has a block that needs these frameworks');

const project = isNewest ? await projectOfToday() : recipesDirectory;
const blocks = join(project, 'blocks');
const faults: string[] = [];
try {
  await install(project);
  const siblings = recipes.flatMap((recipe) => recipe.siblings.filter(isRecipe));
  const all = [...new Set([...recipes.map(({ block }) => block), ...siblings])];
  faults.push(...compileBlocks(all, project));
  await runAll();
} finally {
  await rm(isNewest ? project : blocks, { recursive: true, force: true });
}
if (faults.length > 0) {
  process.stderr.write(`\n${faults.join('\n')}\n`);
  process.exitCode = 1;
}

async function runAll(): Promise<void> {
  const services = await startLocalServices();
  const compileCache = await mkdtemp(join(tmpdir(), 'payi-compile-cache-'));
  const waiting = [...recipes];
  const run = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await runOne(next);
  };
  const runOne = async ({ where, block, siblings }: BlockToRun): Promise<void> => {
    const started = performance.now();
    const found = await runBlock(block, {
      siblings,
      project: join(blocks, where.replaceAll(/\W/g, '-')),
      environment: {
        ...services.environmentFor(block.source),
        // The Claude Agent SDK starts a program that would ask for its updates and settings.
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        ...(block.source.includes('@ai-sdk/google') && { NODE_OPTIONS: `--import=${geminiHere}` }),
      },
      compileCache,
    });
    for (const fault of found.faults) {
      faults.push(`${where}: ${fault}\nstdout:\n${found.stdout}\nstderr:\n${found.stderr}`);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${where} ${found.faults.length === 0 ? 'runs' : 'FAILS'}, ${seconds} s`);
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, run));
  } finally {
    await services.close();
    await rm(compileCache, { recursive: true, force: true });
  }
}

/** Installs the frameworks, and beside them our packages: copies, so that these find the SDKs of the recipes. */
async function install(directory: string): Promise<void> {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    packageManager: string;
  };
  const how = isNewest ? '--no-lockfile' : '--frozen-lockfile';
  const parameters = ['--yes', packageManager, 'install', how, '--prefer-offline', '--loglevel=error'];
  const { stdout } = await promisify(execFile)('npx', parameters, { cwd: directory });
  process.stdout.write(stdout);
  for (const { directory: source, manifest } of publishedPackages) {
    // The testkit and the commands need others, and no recipe needs them.
    if (!Object.keys(manifest.dependencies ?? {}).every((name) => name.startsWith('@payi/'))) continue;
    const target = join(directory, 'node_modules', manifest.name);
    await rm(target, { recursive: true, force: true });
    await cp(join(source, 'package.json'), join(target, 'package.json'));
    await cp(join(source, 'dist'), join(target, 'dist'), { recursive: true });
  }
}

/** @returns A folder whose `package.json` asks for the newest version of everything. */
async function projectOfToday(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-recipes-')));
  const manifest = JSON.parse(await readFile(join(recipesDirectory, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) manifest.dependencies[name] = 'latest';
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  await cp(join(recipesDirectory, 'pnpm-workspace.yaml'), join(directory, 'pnpm-workspace.yaml'));
  return directory;
}
