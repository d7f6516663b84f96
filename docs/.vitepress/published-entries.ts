import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '@payi-internal/release/published-packages';

/** One thing that users import, with its page in the API reference. */
export interface PublishedEntry {
  /** As an import says it: `@payi/core/context`. */
  readonly name: string;
  /** The package it is of: `@payi/core`. */
  readonly package: string;
  /** Absolute path of the module it is built from. */
  readonly source: string;
  /** From the root of the site, without extension: `/reference/@payi/core/context`. */
  readonly page: string;
}

/** Every entry of every package that is published: what is added to their `exports` is in the reference. */
export const publishedEntries: readonly PublishedEntry[] = publishedPackages.flatMap(
  ({ directory, manifest, entries }) =>
    entries.map(({ name, file }) => ({
      name,
      package: manifest.name,
      source: sourceOf(join(directory, 'src', file)),
      page: `/reference/${name}`,
    })),
);

function sourceOf(path: string): string {
  const candidates = [`${path}.ts`, join(path, 'index.ts')];
  const source = candidates.find((candidate) => existsSync(candidate));
  if (source === undefined)
    throw new Error(`An entry is published, but there is none of ${candidates.join(', ')}.`);
  return source;
}
