import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the repository. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The members of a package.json that the checks of releases read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What one line of `exports` lets a user import. */
export interface Entry {
  /** As in an import: `@payi/core/adapter`. */
  readonly name: string;
  /** Of its files in `dist`, without an extension: `adapter`, or `index` for the root entry. */
  readonly file: string;
}

export interface PublishedPackage {
  /** Its name without the scope, and that of its folder in `packages/`. */
  readonly folder: string;
  readonly directory: string;
  readonly manifest: Manifest;
  /** None for a package that is only a command. */
  readonly entries: readonly Entry[];
}

/** Every package that a release publishes: those in `packages/` that are not private. */
export const publishedPackages: readonly PublishedPackage[] = readdirSync(join(root, 'packages'), {
  withFileTypes: true,
})
  .filter((file) => file.isDirectory())
  .map(({ name: folder }) => {
    const directory = join(root, 'packages', folder);
    const manifest = readManifest(directory);
    return { folder, directory, manifest, entries: entriesOf(manifest) };
  })
  .filter(({ manifest }) => manifest.private !== true);

export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** Not for import: `./package.json`, and targets of plain files. */
export function entriesOf({ name, exports = {} }: Manifest): Entry[] {
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath]) => ({ name: name + subpath.slice(1), file: subpath.slice(2) || 'index' }));
}
