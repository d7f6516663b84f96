import { execFile } from 'node:child_process';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Manifest, publishedPackages, readManifest } from '@payi-internal/release/published-packages';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));

export interface RunOptions {
  readonly parameters?: readonly string[];
  /** In place of that of the tests. */
  readonly environment?: Readonly<Record<string, string>>;
  /** By default the Node.js that runs the tests. */
  readonly node?: string;
}

/** A user's project in a temporary folder, with the published packages installed as a user would get them. */
export interface Consumer {
  readonly directory: string;
  readonly manifests: readonly Manifest[];
  /** Runs a file of the project. @returns What it printed, parsed as JSON. */
  run(file: string, options?: RunOptions): Promise<unknown>;
  remove(): Promise<void>;
}

/** Where `npm install` takes the place of links: then the provider SDKs are those that npm has today. */
const isInstalled = process.env.PAYI_PACKED_INSTALL === 'npm';

/**
 * Packs every published package and installs it in a new project, beside the files of `consumer/`.
 *
 * By default that needs no registry: packages are unpacked, and what they need are links to the packages of the
 * workspace. Only what a packed package.json names is linked, so an import that nobody declared fails here as it would
 * for a user. With `PAYI_PACKED_INSTALL=npm` it is `npm install` that does it, from the registry.
 *
 * @throws when a package is not built.
 */
export async function createConsumer(): Promise<Consumer> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-packed-')));
  await cp(join(here, 'consumer'), directory, { recursive: true });
  for (const file of await readdir(directory)) {
    // The same source as a CommonJS module: what differs is which of our declarations it reads.
    if (/^annotated-.*\.mts$/.test(file)) {
      await cp(join(directory, file), join(directory, file.replace('.mts', '.cts')));
    }
  }
  const tarballs = await pack(directory);
  if (isInstalled) await installWithNpm(directory, tarballs);
  else await unpackAndLink(directory, tarballs);
  return {
    directory,
    manifests: publishedPackages.map(({ manifest }) =>
      readManifest(join(directory, 'node_modules', manifest.name)),
    ),
    async run(file, { parameters = [], environment = process.env, node = process.execPath } = {}) {
      const { stdout } = await run(node, [join(directory, file), ...parameters], {
        cwd: directory,
        env: environment,
      });
      return JSON.parse(stdout) as unknown;
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** @returns Paths of the tarballs, by the folders of their packages. */
async function pack(directory: string): Promise<Map<string, string>> {
  for (const { folder } of publishedPackages) {
    await stat(join(root, 'packages', folder, 'dist')).catch(() => {
      throw new Error(`packages/${folder} is not built: run the root script "build" first`);
    });
  }
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    packageManager: string;
  };
  const filters = publishedPackages.map(({ folder }) => `--filter=./packages/${folder}`);
  await run('npx', ['--yes', packageManager, ...filters, 'pack', '--pack-destination', directory], {
    cwd: root,
  });
  return new Map(
    publishedPackages.map(({ folder, manifest: { name, version } }) => {
      const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
      return [folder, join(directory, file)];
    }),
  );
}

async function installWithNpm(directory: string, tarballs: Map<string, string>): Promise<void> {
  const dependencies: Record<string, string> = { '@types/node': '24' };
  for (const { folder, manifest } of publishedPackages) {
    // As a user would name them: with npm's newest inside the ranges of the packages.
    Object.assign(dependencies, manifest.peerDependencies);
    dependencies[manifest.name] = `file:${tarballs.get(folder)}`;
  }
  await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: directory,
  });
}

async function unpackAndLink(directory: string, tarballs: Map<string, string>): Promise<void> {
  await link(join(here, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'));
  for (const { folder, manifest } of publishedPackages) {
    const target = join(directory, 'node_modules', manifest.name);
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', tarballs.get(folder) ?? '', '-C', target, '--strip-components=1']);
    const { dependencies, peerDependencies } = readManifest(target);
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (publishedPackages.some(({ manifest }) => manifest.name === dependency)) continue;
      await link(
        join(root, 'packages', folder, 'node_modules', dependency),
        join(directory, 'node_modules', dependency),
      );
    }
  }
}

async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await symlink(await realpath(from), to, 'junction').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
