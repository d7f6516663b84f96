import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { contestantsRoot } from './module-copy.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folder names of our packages. */
const ours = ['core', 'bedrock', 'openai', 'anthropic', 'report', 'testkit'] as const;

/**
 * Installs everybody else's packages from the lockfile, once, and then ours as a user gets them: packed and unpacked.
 *
 * @throws when npm cannot install, or our packages are not built.
 */
export async function prepareContestants(): Promise<void> {
  await installOthers();
  const tarballs = await mkdtemp(join(tmpdir(), 'payi-bench-'));
  try {
    const filters = ours.map((name) => `--filter=./packages/${name}`);
    const { packageManager } = await readManifest<{ packageManager: string }>(root);
    await run('npx', ['--yes', packageManager, ...filters, 'pack', '--pack-destination', tarballs], {
      cwd: root,
    });
    for (const name of ours) await unpack(name, tarballs);
  } finally {
    await rm(tarballs, { recursive: true, force: true });
  }
}

/** Installs what is compared from its lockfile, once. */
export async function installOthers(): Promise<void> {
  const lockfile = await readFile(join(contestantsRoot, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).digest('hex');
  const stamp = join(contestantsRoot, 'node_modules', '.installed-lockfile');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  await run('npm', ['ci'], { cwd: contestantsRoot });
  await writeFile(stamp, wanted);
}

async function unpack(folder: string, tarballs: string): Promise<void> {
  const manifest = await readManifest<{ name: string; version: string }>(join(root, 'packages', folder));
  const { name, version } = manifest;
  const target = join(contestantsRoot, 'node_modules', name);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
}

async function readManifest<Manifest>(directory: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest;
}
