import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './pages.ts';

const run = promisify(execFile);

/** An npm registry on this machine. */
export interface LocalRegistry {
  readonly url: string;
  close(): Promise<void>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

/** A version of a package: where it lies unpacked, or the tarball that it was packed into. */
type Version = { readonly manifest: Manifest } & (
  | { readonly directory: string; readonly tarball?: undefined }
  | { readonly tarball: string; readonly directory?: undefined }
);

/**
 * Starts a registry that has what this repository publishes, packed as it would be published, and every package that is
 * installed in the workspace, in the versions installed and without type declarations. Needs no network.
 *
 * @throws when a package is not built.
 */
export async function startLocalRegistry(): Promise<LocalRegistry> {
  const tarballs = await mkdtemp(join(tmpdir(), 'payi-registry-'));
  const published = await pack(tarballs);
  const versionsOf = (name: string): readonly Version[] => published.get(name) ?? installedVersions(name);

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
    const [name = '', version] = path.split('/-/');
    const versions = versionsOf(name);
    if (version === undefined && versions.length > 0) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(describe(versions, `http://${request.headers.host}`)));
      return;
    }
    const found = versions.find(({ manifest }) => `${manifest.version}.tgz` === version);
    response.statusCode = found ? 200 : 404;
    response.end(found && (await tarballOf(found)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await rm(tarballs, { recursive: true, force: true });
    },
  };
}

/** Packs every package of `packages/` that is published. */
async function pack(directory: string): Promise<Map<string, Version[]>> {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  const publishedFolders = folders.filter((folder) => existsSync(join(folder, 'package.json')));
  const filters: string[] = [];
  const manifests: Manifest[] = [];
  for (const folder of publishedFolders) {
    const manifest = readManifest(folder);
    if (manifest.private) continue;
    if (!existsSync(join(folder, 'dist'))) {
      throw new Error(`${folder} is not built: run the root script "build" first`);
    }
    filters.push(`--filter=${manifest.name}`);
    manifests.push(manifest);
  }
  const { packageManager } = readManifest(root) as Manifest & { packageManager: string };
  const parameters = ['--yes', packageManager, ...filters, 'pack', '--pack-destination', directory];
  await run('npx', parameters, { cwd: root });
  const versions = new Map<string, Version[]>();
  for (const { name, version } of manifests) {
    const tarball = join(directory, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    // Packing replaces `workspace:` and `catalog:` by versions.
    const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    versions.set(name, [{ manifest: JSON.parse(stdout) as Manifest, tarball }]);
  }
  return versions;
}

/** Finds the versions of a package in the store of the workspace. */
function installedVersions(name: string): Version[] {
  const store = join(root, 'node_modules/.pnpm');
  const versions = new Map<string, Version>();
  for (const entry of readdirSync(store)) {
    if (!entry.startsWith(`${name.replace('/', '+')}@`)) continue;
    const directory = join(store, entry, 'node_modules', name);
    if (!existsSync(directory)) continue;
    const manifest = readManifest(directory);
    versions.set(manifest.version, { manifest, directory });
  }
  return [...versions.values()];
}

/** @returns What a registry says of a package: the newest version is the latest. */
function describe(versions: readonly Version[], url: string): object {
  const newest = versions
    .map(({ manifest }) => manifest.version)
    .sort(compareVersions)
    .at(-1);
  return {
    name: versions[0]?.manifest.name,
    'dist-tags': { latest: newest },
    versions: Object.fromEntries(
      versions.map(({ manifest }) => {
        const { name, version } = manifest;
        return [version, { ...manifest, dist: { tarball: `${url}/${name}/-/${version}.tgz` } }];
      }),
    ),
  };
}

function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

/** What is left out of installed packages, which are installed here to be run. It is half of their files. */
const unread = ['node_modules', '*.map', '*.ts', '*.mts', '*.cts'].map((pattern) => `--exclude=${pattern}`);

async function tarballOf({ directory, tarball }: Version): Promise<Buffer> {
  if (tarball !== undefined) return readFileSync(tarball);
  // Whatever the folder is called that everything is in, installing takes it off.
  // Files of the same content are one file in pnpm's store, and npm does not unpack links.
  const parameters = ['-c', '--hard-dereference', ...unread, '-C', dirname(directory), basename(directory)];
  const { stdout } = await run('tar', parameters, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  return stdout;
}

function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}
