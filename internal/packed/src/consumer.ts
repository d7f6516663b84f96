import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));

/** Folder names of the published packages, which are their names without the scope. */
export const publishedPackages = ['core', 'bedrock', 'testkit'] as const;

/** The part of a packed package.json that the checks look at. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A user's project in a temporary folder, with the published packages installed as a user would get them. */
export interface Consumer {
  readonly directory: string;
  readonly manifests: readonly PackedManifest[];
  /** Runs a file of the project under the Node.js that runs the tests. @returns What it printed, parsed as JSON. */
  run(file: string, ...parameters: string[]): Promise<unknown>;
  remove(): Promise<void>;
}

/**
 * Packs every published package and unpacks it into a new project, beside the files of `consumer/`.
 *
 * Needs no registry: other packages are links to those of the workspace. Only what a packed package.json names is
 * linked, so an import that nobody declared fails here as it would for a user.
 *
 * @throws when a package is not built.
 */
export async function createConsumer(): Promise<Consumer> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-packed-')));
  await cp(join(here, 'consumer'), directory, { recursive: true });
  // The same source as a CommonJS module: what differs is which of our declarations it reads.
  await cp(join(directory, 'annotated-calls.mts'), join(directory, 'annotated-calls.cts'));
  await link(join(here, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'));
  await pack(directory);
  const manifests: PackedManifest[] = [];
  for (const name of publishedPackages) manifests.push(await install(name, directory));
  return {
    directory,
    manifests,
    async run(file, ...parameters) {
      const { stdout } = await run(process.execPath, [join(directory, file), ...parameters], {
        cwd: directory,
      });
      return JSON.parse(stdout) as unknown;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

async function pack(directory: string): Promise<void> {
  for (const name of publishedPackages) {
    await stat(join(root, 'packages', name, 'dist/index.d.cts')).catch(() => {
      throw new Error(`packages/${name} is not built: run the root script "build" first`);
    });
  }
  const { packageManager } = await readManifest<{ packageManager: string }>(root);
  const filters = publishedPackages.map((name) => `--filter=./packages/${name}`);
  await run('npx', ['--yes', packageManager, ...filters, 'pack', '--pack-destination', directory], {
    cwd: root,
  });
}

async function install(name: string, directory: string): Promise<PackedManifest> {
  const target = join(directory, 'node_modules/@payi', name);
  await mkdir(target, { recursive: true });
  const { version } = await readManifest<PackedManifest>(join(root, 'packages', name));
  const tarball = join(directory, `payi-${name}-${version}.tgz`);
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  const manifest = await readManifest<PackedManifest>(target);
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (dependency.startsWith('@payi/')) continue;
    await link(
      join(root, 'packages', name, 'node_modules', dependency),
      join(directory, 'node_modules', dependency),
    );
  }
  return manifest;
}

async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await symlink(await realpath(from), to, 'junction').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function readManifest<T>(directory: string): Promise<T> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as T;
}
