import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contestantsRoot } from './module-copy.ts';
import type { PackageSet } from './packages.ts';

export interface Footprint {
  readonly packages: number;
  /** Of the files, as they lie in `node_modules`. */
  readonly bytes: number;
}

/** What npm puts on the disk for a set of packages, with all that they depend on, beside the provider's SDK and its own. */
export function installFootprint({ packages, sdk }: PackageSet): Footprint {
  const there = new Set<string>();
  if (sdk !== undefined) collect(sdk, contestantsRoot, there);
  const all = new Set(there);
  for (const name of packages) collect(name, contestantsRoot, all);
  const added = [...all].filter((directory) => !there.has(directory));
  return {
    packages: added.length,
    bytes: added.reduce((sum, directory) => sum + bytesIn(directory), 0),
  };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Adds the folders of a package and of its dependencies, as Node.js finds them from a folder. */
function collect(name: string, from: string, found: Set<string>): void {
  const directory = find(name, from);
  if (directory === undefined || found.has(directory)) return;
  found.add(directory);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  for (const dependency of Object.keys(manifest.dependencies ?? {})) collect(dependency, directory, found);
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    if (manifest.peerDependenciesMeta?.[peer]?.optional !== true) collect(peer, directory, found);
  }
}

function find(name: string, from: string): string | undefined {
  const directory = join(from, 'node_modules', name);
  if (statSync(join(directory, 'package.json'), { throwIfNoEntry: false })) return realpathSync(directory);
  const parent = dirname(from);
  return parent === from || from === contestantsRoot ? undefined : find(name, parent);
}

function bytesIn(directory: string): number {
  let sum = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    // What lies in there is a package of its own, and counted if it is needed.
    if (entry.name === 'node_modules') continue;
    if (entry.isDirectory()) sum += bytesIn(path);
    else if (entry.isFile()) sum += statSync(path).size;
  }
  return sum;
}
